#include "report/metrics_text.hpp"

#include "base/text.hpp"

namespace infer {
namespace {

/// As the format has label values.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    c == '\n' ? out += "\\n" : out += c;
  }
  return out;
}

class Metrics {
 public:
  explicit Metrics(const RunAccount& run) : label_("output=\"" + escaped(run.subject.output) + '"') {}

  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "infer_" + std::string(name);
    text_ +=
        "# HELP " + name_ + ' ' + std::string(help) + "\n# TYPE " + name_ + ' ' + std::string(type) + '\n';
  }
  void value(double value, const std::string& more_labels = "") {
    text_ += name_ + '{' + label_ + (more_labels.empty() ? "" : ",") + more_labels + "} " +
             number_text(value) + '\n';
  }
  void value(std::uint64_t value, const std::string& more_labels = "") {
    text_ += name_ + '{' + label_ + (more_labels.empty() ? "" : ",") + more_labels + "} " +
             std::to_string(value) + '\n';
  }
  void one(std::string_view name, std::string_view type, std::string_view help, auto number) {
    begin(name, type, help);
    value(number);
  }
  std::string take() && { return std::move(text_); }

 private:
  std::string label_;
  std::string name_;
  std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + escaped(value) + '"';
}

void append_rows(Metrics& all, const RunAccount& run) {
  all.one("rows_total", "counter", "Rows written, failed ones included.", run.rows);
  all.one("failed_rows_total", "counter", "Rows written of records that failed.", run.failed);
  all.begin("failed_rows_by_code_total", "counter", "Rows of records that failed, by error code.");
  for (const auto& failures : run.failures) all.value(failures.rows, label("code", failures.code));
  all.one("input_bytes_done_total", "counter", "Bytes of the input whose rows are written.", run.input_bytes);
  if (run.subject.input_bytes)
    all.one("input_bytes", "gauge", "Bytes of the whole input.", *run.subject.input_bytes);
}

void append_work(Metrics& all, const RunAccount& run) {
  const auto total = all_sessions(run);
  all.one("tokens_total", "counter", "Tokens of texts, before padding.", total.work.tokens);
  all.one("batches_total", "counter", "Batches that the model was given.", total.work.batches);
  all.one("halved_batches_total", "counter", "Batches halved for want of memory.", total.work.halved);
  all.one("padding_share", "gauge", "Share of filling among the elements given to the model.",
          total.work.padding_share());
  all.one("rows_per_second", "gauge", "Rows scored per second, of all sessions of the run.",
          rows_per_second(run));
  all.begin("busy_seconds_total", "counter", "Busy seconds of a stage's threads, all ranks, this session.");
  for (const auto& stage : stage_shares(run)) all.value(stage.seconds, label("stage", stage.name));
}

void append_ranks(Metrics& all, const RunAccount& run) {
  all.begin("rank_rows_total", "counter", "Rows that each rank scored in this session.");
  for (std::size_t rank = 0; rank < run.ranks.size(); ++rank)
    all.value(run.ranks[rank].rows, label("rank", std::to_string(rank)));
  all.begin("rank_host_peak_bytes", "gauge", "Most memory that a rank's process had.");
  for (std::size_t rank = 0; rank < run.ranks.size(); ++rank)
    all.value(run.ranks[rank].account.host_peak_bytes, label("rank", std::to_string(rank)));
}

}  // namespace

std::string metrics_text(const RunAccount& run) {
  constexpr double kNsPerSecond = 1e9;
  Metrics all(run);
  all.begin("run_info", "gauge", "What is running.");
  all.value(std::uint64_t{1},
            label("version", run.subject.version) + ',' + label("model", run.subject.model));
  all.begin("run_state", "gauge", "1 for the state that the run is in.");
  for (const auto state : {RunState::running, RunState::complete, RunState::stopped, RunState::failed})
    all.value(std::uint64_t{run.state == state ? 1U : 0U}, label("state", run_state_name(state)));
  all.one("exit_code", "gauge", "Of a run that is over, else 0.", static_cast<std::uint64_t>(run.exit_code));
  all.one("ranks", "gauge", "Ranks at work.", static_cast<std::uint64_t>(run.ranks.size()));
  all.one("run_seconds", "gauge", "Seconds since the first chunk was granted, this session.",
          run.session.seconds);
  all.one("updated_timestamp_seconds", "gauge", "When this was written.",
          static_cast<double>(run.now_ns) / kNsPerSecond);
  append_rows(all, run);
  append_work(all, run);
  append_ranks(all, run);
  return std::move(all).take();
}

}  // namespace infer
