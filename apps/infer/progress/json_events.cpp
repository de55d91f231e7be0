#include "progress/json_events.hpp"

#include "base/clock.hpp"
#include "progress/progress_line.hpp"

namespace infer {

JsonObject event_fields(const RunHeader& h) {
  JsonObject fields;
  fields.add("version", INFER_VERSION)
      .add("ranks", static_cast<std::uint64_t>(h.ranks))
      .add("hosts", static_cast<std::uint64_t>(h.hosts))
      .add("devices", h.devices)
      .add("gather", h.gather)
      .add("model", h.model)
      .add("task", h.task)
      .add("inputs", h.signature)
      .add("input", h.input)
      .add("files", h.files)
      .add("bytes", h.input_bytes)
      .add("chunks", h.chunks)
      .add("schedule", h.schedule)
      .add("output", h.output)
      .add("rows_done_before", h.resumed_rows);
  return fields;
}

JsonObject event_fields(const RunProgress& p) {
  JsonObject fields;
  fields.add("seconds", p.seconds)
      .add("rows", p.rows)
      .add("failed", p.failed)
      .add("rows_per_s", rate(static_cast<double>(p.rows - p.resumed_rows), p.seconds))
      .add("tokens", p.tokens)
      .add("tokens_per_s", rate(static_cast<double>(p.tokens), p.seconds))
      .add("bytes", p.bytes)
      .add("total_bytes", p.total_bytes)
      .add("share_done", share_done(p))
      .add("seconds_left", seconds_left(p))
      .add("late", p.late);
  return fields;
}

JsonObject event_fields(const RunSummary& s) {
  const auto work = total_work(s);
  JsonObject fields;
  fields.add("rows", s.rows)
      .add("ok", s.rows - s.failed)
      .add("failed", s.failed)
      .add("rows_done_before", s.resumed_rows)
      .add("seconds", s.seconds)
      .add("rows_per_s", rate(static_cast<double>(s.rows - s.resumed_rows), s.seconds))
      .add("tokens", work.tokens)
      .add("tokens_per_s", rate(static_cast<double>(work.tokens), s.seconds))
      .add("reused", work.reused)
      .add("repeated", work.repeated)
      .add("texts_cut", work.truncated)
      .add("pictures_on_gpu", work.pictures_on_gpu)
      .add("pictures_on_cpu", work.pictures_on_cpu)
      .add("read_s", seconds_of(work.read_ns))
      .add("decode_s", seconds_of(work.decode_ns))
      .add("model_s", seconds_of(work.model_ns))
      .add("encode_s", seconds_of(work.encode_ns))
      .add("gather_s", s.gather_seconds)
      .add("write_s", s.write_seconds)
      .add("journal_s", s.journal_seconds)
      .add("batches", work.batches)
      .add("batches_halved", work.halved)
      .add("padding_share", work.padding_share())
      .add("gathers", s.gathers)
      .add("output", s.output);
  if (!s.first_failure.empty()) fields.add("first_failure", s.first_failure);
  if (!s.too_many_failed.empty()) fields.add("too_many_failed", s.too_many_failed);
  if (!s.trace.empty()) fields.add("trace", s.trace);
  return fields;
}

}  // namespace infer
