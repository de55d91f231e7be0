#include <algorithm>

#include "base/clock.hpp"
#include "json/json_writer.hpp"
#include "report/advice.hpp"
#include "report/report_text.hpp"

namespace infer {
namespace {

void append_gate(std::string& out, const Gate& gate) {
  JsonMembers members(out);
  members.text("flag", gate.flag);
  members.text("unit", gate.unit);
  members.real("limit", gate.limit);
  members.real("value", gate.value);
  members.flag("passed", gate.passed);
  members.text("reason", gate.reason);
  members.end();
}

void append_outcome(std::string& out, const RunAccount& run) {
  JsonMembers members(out);
  members.text("state", run_state_name(run.state));
  members.number("exit_code", static_cast<std::uint64_t>(run.exit_code));
  members.text("reason", run.reason);
  append_list(members.begin("gates"), run.gates, append_gate);
  members.end();
}

void append_fact(std::string& out, const std::pair<std::string, std::string>& fact) {
  JsonMembers members(out);
  members.text("name", fact.first);
  members.text("value", fact.second);
  members.end();
}

void append_known(JsonMembers& members, std::string_view key, const std::optional<std::uint64_t>& number) {
  number ? members.number(key, *number) : void(members.begin(key) += "null");
}

void append_subject(std::string& out, const RunSubject& run) {
  JsonMembers members(out);
  members.text("version", run.version);
  members.text("command", run.command);
  members.text("model", run.model);
  members.text("task", run.task);
  members.text("signature", run.signature);
  members.text("input", run.input);
  members.number("files", run.files);
  append_known(members, "input_bytes", run.input_bytes);
  append_known(members, "chunks", run.chunks);
  members.text("output", run.output);
  members.text("devices", run.devices);
  members.text("schedule", run.schedule);
  members.text("gather", run.gather);
  members.flag("retry", run.is_retry);
  append_list(members.begin("facts"), run.facts, append_fact);
  members.end();
}

void append_failures(std::string& out, const CodeFailures& failures) {
  JsonMembers members(out);
  members.text("code", failures.code);
  members.number("rows", failures.rows);
  append_list(members.begin("first"), failures.first,
              [](std::string& text, const std::string& first) { append_json_string(text, first); });
  members.end();
}

void append_rows(std::string& out, const RunAccount& run) {
  JsonMembers members(out);
  members.number("in", run.rows);
  members.number("ok", run.rows - run.failed);
  members.number("failed", run.failed);
  members.number("before", run.rows_before);
  members.number("untold", untold_rows(run));
  members.number("input_bytes", run.input_bytes);
  append_list(members.begin("failed_by_code"), run.failures, append_failures);
  members.end();
}

void append_work(JsonMembers& members, const ChunkWork& work, const ChunkAccount& account) {
  members.number("tokens", work.tokens);
  members.number("batches", work.batches);
  members.real("read_seconds", seconds_of(work.read_ns));
  members.real("decode_seconds", seconds_of(work.decode_ns));
  members.real("model_seconds", seconds_of(work.model_ns));
  members.real("encode_seconds", seconds_of(work.encode_ns));
  members.real("device_seconds", seconds_of(work.device_ns));
  members.number("host_peak_bytes", account.host_peak_bytes);
  members.number("device_peak_bytes", account.device_peak_bytes);
}

void append_session(std::string& out, const Session& session) {
  JsonMembers members(out);
  members.text("began", time_text(session.began_ns));
  members.real("seconds", session.seconds);
  members.number("ranks", session.ranks);
  members.number("rows", session.rows);
  members.number("failed", session.failed);
  append_work(members, session.work, session.account);
  members.end();
}

void append_share(std::string& out, const StageShare& stage) {
  JsonMembers members(out);
  members.text("name", stage.name);
  members.real("seconds", stage.seconds);
  members.real("busy", stage.share);
  members.end();
}

void append_rank(std::string& out, const RankAccount& rank, std::size_t number, double seconds) {
  JsonMembers members(out);
  members.number("rank", number);
  members.text("host", rank.host);
  members.text("device", rank.device);
  members.number("rows", rank.rows);
  members.number("runners", rank.account.runners);
  members.number("pool_threads", rank.account.pool_threads);
  append_work(members, rank.work, rank.account);
  append_list(members.begin("stages"), stage_shares(rank, seconds), append_share);
  members.end();
}

void append_ranks(std::string& out, const RunAccount& run) {
  out += '[';
  for (std::size_t rank = 0; rank < run.ranks.size(); ++rank) {
    if (rank > 0) out += ',';
    append_rank(out, run.ranks[rank], rank, run.session.seconds);
  }
  out += ']';
}

void append_throughput(std::string& out, const RunAccount& run) {
  const auto& steps = run.throughput.steps();
  const auto counts = [&](auto member) {
    std::vector<std::uint64_t> all;
    for (const auto& step : steps) all.push_back(step.*member);
    return all;
  };
  const auto append = [](std::string& text, std::uint64_t count) { append_number(text, count); };
  JsonMembers members(out);
  members.real("rows_per_second", rows_per_second(run));
  members.real("tokens_per_second", tokens_per_second(run));
  members.real("step_seconds", run.throughput.step_seconds());
  append_list(members.begin("rows"), counts(&Throughput::Step::rows), append);
  append_list(members.begin("tokens"), counts(&Throughput::Step::tokens), append);
  members.end();
}

void append_sizes(std::string& out, const SizeCounts& sizes) {
  out += '[';
  for (std::size_t bin = 0; bin < SizeCounts::kBins; ++bin) {
    if (sizes.counts[bin] == 0) continue;
    if (out.back() != '[') out += ',';
    JsonMembers members(out);
    members.number("from", SizeCounts::begin(bin));
    members.number("to", SizeCounts::begin(bin + 1) - 1);
    members.number("count", sizes.counts[bin]);
    members.end();
  }
  out += ']';
}

void append_batches(std::string& out, const Session& all) {
  JsonMembers members(out);
  members.number("batches", all.work.batches);
  members.number("elements", all.work.elements);
  members.number("padded_elements", all.work.padded_elements);
  members.real("padding", all.work.padding_share());
  members.number("distinct_shapes", all.work.shapes);
  members.number("tokens", all.work.tokens);
  members.number("reused_rows", all.work.reused);
  members.number("repeated_records", all.work.repeated);
  members.number("truncated_texts", all.work.truncated);
  members.number("pictures_on_gpu", all.work.pictures_on_gpu);
  members.number("pictures_on_cpu", all.work.pictures_on_cpu);
  append_sizes(members.begin("record_lengths"), all.account.lengths);
  append_sizes(members.begin("batch_rows"), all.account.batch_rows);
  append_sizes(members.begin("batch_lengths"), all.account.batch_lengths);
  members.number("halved_for_memory", all.work.halved);
  members.number("fitted_only_alone", all.work.alone);
  members.number("fitting_rows", all.work.fitting_rows);
  members.number("fitting_elements", all.work.fitting_elements);
  members.end();
}

void append_advice(std::string& out, const Advice& advice) {
  JsonMembers members(out);
  members.text("what", advice.what);
  members.text("remedy", advice.remedy);
  members.real("weight", advice.weight);
  members.end();
}

void append_times(std::string& out, const RunAccount& run) {
  JsonMembers members(out);
  members.text("began", time_text(all_sessions(run).began_ns));
  members.text("ended", time_text(run.now_ns));
  members.real("seconds", run.session.seconds);
  members.real("total_seconds", run.total_seconds);
  JsonMembers start(members.begin("start"));
  for (const auto& [name, seconds] : run.start) start.real(name, seconds);
  start.end();
  members.end();
}

std::vector<Session> sessions_of(const RunAccount& run) {
  auto all = run.earlier;
  all.push_back(run.session);
  return all;
}

}  // namespace

std::string report_json(const RunAccount& run) {
  std::string out;
  JsonMembers members(out);
  members.text("schema", "infer-report");
  members.number("version", kReportVersion);
  append_outcome(members.begin("outcome"), run);
  append_subject(members.begin("run"), run.subject);
  append_times(members.begin("time"), run);
  append_rows(members.begin("rows"), run);
  append_throughput(members.begin("throughput"), run);
  append_list(members.begin("limits"), what_limited(run), append_advice);
  append_list(members.begin("stages"), stage_shares(run), append_share);
  append_batches(members.begin("batches"), all_sessions(run));
  members.real("balance", imbalance(run));
  members.number("gathers", run.gathers);
  append_list(members.begin("sessions"), sessions_of(run), append_session);
  append_ranks(members.begin("ranks"), run);
  members.end();
  return out + '\n';
}

std::string report_text(const RunAccount& run, std::string_view name) {
  return name.ends_with(".html") ? report_html(run) : report_json(run);
}

}  // namespace infer
