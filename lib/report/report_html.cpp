#include <algorithm>

#include "base/text.hpp"
#include "report/advice.hpp"
#include "report/html_charts.hpp"
#include "report/html_style.hpp"
#include "report/html_tables.hpp"
#include "report/html_text.hpp"
#include "report/number_texts.hpp"
#include "report/report_text.hpp"

namespace infer {
namespace {

using namespace detail;

std::string state_class(const RunAccount& run) {
  if (run.state == RunState::failed || run.exit_code == 1) return "state bad";
  return run.state == RunState::complete ? "state" : "state warn";
}

std::string header(const RunAccount& run) {
  const auto& subject = run.subject;
  std::string out = "<header><span class=\"" + state_class(run) + "\">" + run_state_name(run.state) +
                    (run.state == RunState::running ? "" : ", exit code " + std::to_string(run.exit_code)) +
                    "</span><h1>" + escaped(subject.output == "-" ? "standard output" : subject.output) +
                    "</h1><p>" + escaped(subject.model) +
                    (subject.task.empty() ? "" : ", " + escaped(subject.task)) + "; " +
                    counted(run.ranks.size(), "rank") + ", " + escaped(subject.devices) + "</p></header>\n";
  if (!run.reason.empty()) out += "<p class=\"reason\">" + escaped(run.reason) + "</p>\n";
  return out;
}

std::string tile(const std::string& number, const std::string& what, bool is_bad = false) {
  return "<div class=\"tile" + std::string(is_bad ? " bad" : "") + "\"><b>" + escaped(number) + "</b><span>" +
         escaped(what) + "</span></div>\n";
}

/// With room for it in a tile.
std::string count_number(std::uint64_t count) {
  constexpr std::uint64_t kMillion = 1'000'000;
  return count < 1000 * kMillion ? grouped_number(count) : grouped_number(count / kMillion) + " M";
}

std::string tiles(const RunAccount& run) {
  const auto all = all_sessions(run);
  std::string out = "<div class=\"tiles\">\n" + tile(count_number(run.rows), "rows in") +
                    tile(count_number(run.rows - run.failed), "ok") +
                    tile(count_number(run.failed), "failed", run.failed > 0) +
                    tile(grouped_number(rows_per_second(run)), "rows/s");
  if (all.work.tokens > 0)
    out += tile(grouped_number(tokens_per_second(run)), "tokens/s") +
           tile(count_number(all.work.tokens), "tokens");
  out += tile(duration_number(all.seconds), run.earlier.empty() ? "scoring" : "scoring, all sessions") +
         tile(percent_number(all.work.padding_share()), "padding") +
         tile(short_number(imbalance(run)), "slowest rank / mean") +
         tile(count_number(all.work.shapes), "distinct shapes") +
         tile(count_number(all.work.halved), "splits for memory", all.work.halved > 0);
  if (all.account.host_peak_bytes > 0)
    out += tile(bytes_number(all.account.host_peak_bytes), "memory of a rank, at most");
  if (all.account.device_peak_bytes > 0)
    out += tile(bytes_number(all.account.device_peak_bytes), "its GPU memory");
  return out + "</div>\n";
}

std::string limits(const RunAccount& run) {
  const auto all = what_limited(run);
  if (all.empty()) return "";
  std::string out = "<ol>";
  for (const auto& advice : all)
    out += "<li>" + escaped(advice.what) + "<span>" + escaped(advice.remedy) + "</span>\n";
  return section("What limited this run, and what would help", out + "</ol>");
}

BarChart rank_chart(const RunAccount& run, std::string title, const auto& value, const auto& hint) {
  BarChart chart{std::move(title), "by rank", {}, ""};
  for (std::size_t rank = 0; rank < run.ranks.size(); ++rank) {
    const auto number = std::to_string(rank);
    chart.bars.push_back({value(run.ranks[rank]), number, "rank " + number + ": " + hint(run.ranks[rank])});
  }
  return chart;
}

double model_share(const RankAccount& rank, double seconds) {
  return stage_shares(rank, seconds).at(2).share;
}

std::string rank_charts(const RunAccount& run) {
  if (run.ranks.size() < 2) return "";
  const auto seconds = run.session.seconds;
  constexpr double kGiB = 1 << 30;
  const auto rows = rank_chart(
      run, "Rows", [](const auto& rank) { return static_cast<double>(rank.rows); },
      [](const auto& rank) { return counted(rank.rows, "row"); });
  auto busy = rank_chart(
      run, "The model's share of its threads' time",
      [&](const auto& rank) { return model_share(rank, seconds); },
      [&](const auto& rank) { return percent_number(model_share(rank, seconds)); });
  busy.is_share = true;
  auto memory = rank_chart(
      run, "Memory of the host at most, GiB",
      [](const auto& rank) { return static_cast<double>(rank.account.host_peak_bytes) / kGiB; },
      [](const auto& rank) { return bytes_number(rank.account.host_peak_bytes); });
  return "<div class=\"pair\">" + rows.html() + busy.html() + memory.html() + "</div>\n";
}

std::string sizes(const RunAccount& run) {
  const auto all = all_sessions(run);
  std::string out;
  const auto add = [&](const char* title, const SizeCounts& counts, const std::string& note) {
    if (counts.sum() > 0) out += sizes_chart(title, counts, note).html();
  };
  add("Lengths of records", all.account.lengths,
      counted(all.work.truncated, "text was", "texts were") + " cut to the length that the model takes.");
  add("Records in a batch", all.account.batch_rows, counted(all.work.batches, "batch", "batches") + ".");
  add("Longest record of a batch", all.account.batch_lengths,
      percent_number(all.work.padding_share()) + " padding, " + counted(all.work.shapes, "distinct shape") +
          ".");
  return out.empty() ? "" : section("Lengths and batches", "<div class=\"pair\">" + out + "</div>");
}

std::string body(const RunAccount& run) {
  auto out = header(run) + tiles(run) + limits(run);
  if (!run.gates.empty()) out += section("Gates", gates_table(run));
  if (!run.throughput.steps().empty()) out += section("Over time", throughput_chart(run).html());
  out += section("Stages", stages_table(run));
  if (run.failed > 0) out += section("Records that failed", failures_table(run));
  out += sizes(run) + section("Ranks", rank_charts(run) + ranks_table(run));
  if (run.rows_before > 0 || !run.earlier.empty()) out += section("Sessions", sessions_table(run));
  return out + section("The run", facts_table(run));
}

}  // namespace

std::string report_html(const RunAccount& run) {
  return std::string(kReportBegins[1]) + ", version " + std::to_string(kReportVersion) +
         " -->\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>infer: " +
         escaped(run.subject.output) + ", " + run_state_name(run.state) + "</title>\n<style>" +
         std::string(kReportStyle) + "</style></head>\n<body><main>\n" + body(run) +
         "</main></body></html>\n";
}

}  // namespace infer
