#include "report/html_tables.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "report/html_charts.hpp"
#include "report/html_text.hpp"
#include "report/number_texts.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kMostShown = 16;  ///< ranks; a table of more is folded up

std::string known_bytes(std::uint64_t bytes) { return bytes > 0 ? bytes_number(bytes) : "–"; }

double share_of(const std::vector<StageShare>& stages, std::string_view name) {
  const auto found = std::ranges::find(stages, name, &StageShare::name);
  return found == stages.end() ? 0 : found->share;
}

std::vector<std::string> rank_cells(std::size_t number, const RankAccount& rank, double seconds) {
  const auto stages = stage_shares(rank, seconds);
  return {std::to_string(number),
          escaped(rank.host),
          escaped(rank.device),
          grouped_number(rank.rows),
          grouped_number(rank.work.tokens),
          grouped_number(rank.work.batches),
          percent_number(share_of(stages, "read")),
          percent_number(share_of(stages, "decode") + share_of(stages, "encode")),
          percent_number(share_of(stages, "model")),
          known_bytes(rank.account.host_peak_bytes),
          known_bytes(rank.account.device_peak_bytes)};
}

std::vector<std::string> session_cells(const Session& session, const std::string& name) {
  return {name,
          time_text(session.began_ns).substr(0, sizeof("2026-11-29T22:00:00") - 1) + "Z",
          grouped_number(session.ranks),
          grouped_number(session.rows),
          grouped_number(session.failed),
          duration_number(session.seconds),
          grouped_number(session.seconds > 0 ? static_cast<double>(session.rows) / session.seconds : 0)};
}

std::string fact_row(const std::string& name, const std::string& value, bool is_code = false) {
  if (value.empty()) return "";
  return "<tr><td>" + escaped(name) + "<td>" + (is_code ? "<code>" : "") + escaped(value) +
         (is_code ? "</code>" : "") + '\n';
}

}  // namespace

std::string failures_table(const RunAccount& run) {
  Table table{{{"code"}, {"rows", true}, {"the first of them"}}, {}};
  for (const auto& failures : run.failures) {
    std::string first = "<ul>";
    for (const auto& text : failures.first) first += "<li><code>" + escaped(text) + "</code>";
    table.rows.push_back({"<span class=\"whole\">" + escaped(failures.code) + "</span>",
                          grouped_number(failures.rows), first + "</ul>"});
  }
  return table.html();
}

std::string stages_table(const RunAccount& run) {
  Table table{{{"stage"}, {"share of its threads' time"}, {"", true}, {"busy, all ranks", true}}, {}};
  for (const auto& stage : stage_shares(run))
    table.rows.push_back({escaped(stage.name), share_bar(stage.share), percent_number(stage.share),
                          duration_number(stage.seconds)});
  return "<div class=\"bars\">" + table.html() + "</div>";
}

std::string ranks_table(const RunAccount& run) {
  Table table{{{"rank", true},
               {"host"},
               {"device"},
               {"rows", true},
               {"tokens", true},
               {"batches", true},
               {"read", true},
               {"decode, encode", true},
               {"model", true},
               {"memory", true},
               {"device memory", true}},
              {}};
  for (std::size_t rank = 0; rank < run.ranks.size(); ++rank)
    table.rows.push_back(rank_cells(rank, run.ranks[rank], run.session.seconds));
  if (run.ranks.size() <= kMostShown) return table.html();
  return "<details><summary>All " + grouped_number(std::uint64_t{run.ranks.size()}) + " ranks</summary>\n" +
         table.html() + "</details>\n";
}

std::string sessions_table(const RunAccount& run) {
  Table table{
      {{""}, {"began"}, {"ranks", true}, {"rows", true}, {"failed", true}, {"time", true}, {"rows/s", true}},
      {}};
  for (std::size_t i = 0; i < run.earlier.size(); ++i)
    table.rows.push_back(session_cells(run.earlier[i], std::to_string(i + 1)));
  table.rows.push_back(session_cells(run.session, std::to_string(run.earlier.size() + 1) + " (this one)"));
  auto html = table.html();
  if (const auto rows = untold_rows(run); rows > 0)
    html +=
        "<p class=\"note\">" + grouped_number(rows) +
        " more rows were scored by earlier sessions that left nothing else of themselves in the journal.</p>";
  return html;
}

std::string gates_table(const RunAccount& run) {
  Table table{{{"gate"}, {"limit", true}, {"value", true}, {"passed"}}, {}};
  for (const auto& gate : run.gates)
    table.rows.push_back({"<code class=\"flag\">" + escaped(gate.flag) + "</code>",
                          grouped_number(gate.limit) + ' ' + gate.unit,
                          grouped_number(gate.value) + ' ' + gate.unit, gate.passed ? "yes" : "no"});
  return table.html();
}

std::string facts_table(const RunAccount& run) {
  const auto& subject = run.subject;
  std::string out = "<table class=\"facts\"><tbody>\n";
  out += fact_row("command", subject.command, true);
  out += fact_row("infer", subject.version);
  out += fact_row("model", subject.model);
  out += fact_row("task", subject.task);
  out += fact_row("inputs of the model", subject.signature);
  out +=
      fact_row("input", subject.input +
                            (subject.files > 1 ? " and " + grouped_number(subject.files - 1) + " more" : "") +
                            (subject.input_bytes ? ", " + bytes_number(*subject.input_bytes) : "") +
                            (subject.chunks ? ", " + counted(*subject.chunks, "chunk") : ""));
  out += fact_row("output", subject.output);
  out += fact_row("each rank", subject.devices);
  out += fact_row("schedule, gather",
                  subject.schedule + ", " + subject.gather + ", " + counted(run.gathers, "gather"));
  for (const auto& [name, seconds] : run.start) out += fact_row("start: " + name, duration_number(seconds));
  out += "</table>\n<details><summary>All that the output is a function of (" +
         grouped_number(std::uint64_t{subject.facts.size()}) +
         " facts)</summary>\n<table class=\"facts\"><tbody>\n";
  for (const auto& [name, value] : subject.facts) out += fact_row(name, value, true);
  return out + "</table></details>\n";
}

}  // namespace infer::detail
