#include "pipeline/account/run_report.hpp"

#include <numeric>

#include "base/text.hpp"
#include "pipeline/account/account_before.hpp"

namespace infer {
namespace {

/// None where --fail-on-error-rate stands for it.
std::optional<Gate> max_errors_gate(const OutputOptions& output, const WriterProgress& written) {
  if (!output.max_errors && output.fail_on_error_rate) return std::nullopt;
  return errors_gate(allowed_errors(output), written.failed, written.records);
}

}  // namespace

RunReport::RunReport(const RunSetup& setup, const OutputSetup& output, const RunHeader& header,
                     std::size_t ranks)
    : config_(output.config),
      source_(*setup.lead->source),
      resumed_bytes_(source_.input_bytes_before(output.start.from.chunks, output.start.from.input_bytes)) {
  summary_.start = setup.times;
  summary_.output = config_.output.path;
  summary_.resumed_rows = output.start.from.rows;
  summary_.ranks.resize(ranks);
  summary_.gpus = count_gpus(setup.lead->placements);
  summary_.pool_threads = ranks * static_cast<std::size_t>(setup.pipeline.pool_threads);
  account_ = account_before(setup, output, header, ranks);
}

void RunReport::add_chunk(std::size_t rank, const EncodedChunk& chunk) {
  summary_.ranks[rank].rows += chunk.rows;
  summary_.ranks[rank].work += chunk.work;
  tokens_ += chunk.work.tokens;
  account_.ranks[rank].account += chunk.account;
  account_.throughput.add(since_start_.elapsed_s(), chunk.rows, chunk.work.tokens);
}

void RunReport::add_gather(double seconds) {
  summary_.gather_seconds += seconds;
  ++summary_.gathers;
}

RunProgress RunReport::progress(const WriterProgress& written) const {
  return {since_start_.elapsed_s(), written.rows,
          written.failed,           source_.input_bytes_before(written.next_chunk, written.input_bytes),
          source_.input_bytes(),    summary_.resumed_rows,
          resumed_bytes_,           tokens_};
}

std::uint64_t RunReport::scored() const {
  return std::accumulate(summary_.ranks.begin(), summary_.ranks.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const RankReport& rank) { return sum + rank.rows; });
}

RunSummary RunReport::summary(const WriterProgress& written) const {
  auto summary = summary_;
  summary.rows = written.rows;
  summary.failed = written.failed;
  summary.first_failure = written.first_failure;
  summary.write_seconds = seconds_of(written.write_ns);
  summary.journal_seconds = seconds_of(written.journal_ns);
  summary.seconds = since_start_.elapsed_s();
  summary.total_seconds = Seconds(Clock::now() - config_.command.process_start).count();
  if (written.first_row)
    summary.start.first_row = Seconds(*written.first_row - config_.command.process_start).count();
  if (written.committed) {
    if (const auto gate = max_errors_gate(config_.output, written)) summary.too_many_failed = gate->reason;
  }
  return summary;
}

Session RunReport::session(const WriterProgress& written) const {
  auto session = account_.session;
  session.seconds = since_start_.elapsed_s();
  session.rows = written.rows - summary_.resumed_rows;
  session.work = total_work(summary_);
  for (const auto& rank : account_.ranks) session.account += rank.account;
  return session;
}

RunAccount RunReport::account(const WriterProgress& written, const WrittenAccount& told) const {
  auto account = account_;
  const auto times = summary(written);
  account.now_ns = now_ns();
  account.rows = written.rows;
  account.failed = written.failed;
  account.input_bytes = source_.input_bytes_before(written.next_chunk, written.input_bytes);
  account.failures = told.failures;
  for (std::size_t rank = 0; rank < account.ranks.size(); ++rank) {
    account.ranks[rank].rows = summary_.ranks[rank].rows;
    account.ranks[rank].work = summary_.ranks[rank].work;
  }
  account.session = session(written);
  if (!told.sessions.empty()) account.session.failed = told.sessions.back().failed;
  account.total_seconds = times.total_seconds;
  account.gather_seconds = times.gather_seconds;
  account.gathers = times.gathers;
  account.write_seconds = times.write_seconds;
  account.journal_seconds = times.journal_seconds;
  if (times.start.first_row > 0) account.start.emplace_back("first row", times.start.first_row);
  if (written.committed) account.gates = gates(written, account);
  return account;
}

std::vector<Gate> RunReport::gates(const WriterProgress& written, const RunAccount& account) const {
  const auto& output = config_.output;
  std::vector<Gate> gates;
  if (const auto gate = max_errors_gate(output, written)) gates.push_back(*gate);
  if (output.fail_on_error_rate)
    gates.push_back(error_rate_gate(*output.fail_on_error_rate, written.failed, written.records));
  if (output.min_rows_per_second)
    gates.push_back(speed_gate(*output.min_rows_per_second, rows_per_second(account)));
  return gates;
}

std::string reasons(const std::vector<Gate>& gates) {
  std::vector<std::string> all;
  for (const auto& gate : gates) {
    if (!gate.passed) all.push_back(gate.reason);
  }
  return joined(all, "; ");
}

}  // namespace infer
