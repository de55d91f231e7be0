#include "pipeline/lead_config.hpp"

#include <functional>

namespace infer {
namespace {

/// How far grants may run ahead of the oldest unwritten chunk: far enough for all ranks to go on while a slow
/// one works through its backlog. What the ranks hold, and what waits on rank 0, has limits of its own.
std::uint64_t window_of(const Channel& channel, const PipelineConfig& pipeline) {
  return 4 * pipeline.max_held * static_cast<std::uint64_t>(channel.size());
}

OutputForm output_form(const EncoderConfig& encoder) {
  const auto& format = *encoder.format;
  OutputForm form;
  if (format.header != nullptr) form.header = std::bind_front(format.header, encoder.rows);
  form.header_counts_rows = format.header_counts_rows;
  if (encoder.packing != nullptr) form.pack = encoder.packing->pack;
  return form;
}

}  // namespace

PlannerConfig planner_config(const Channel& channel, const RunConfig& config, const RunSetup& setup) {
  const auto& pipeline = setup.pipeline;
  PlannerConfig planner;
  planner.ranks = channel.size();
  planner.first_chunk = setup.lead->start.from.chunks;
  planner.schedule = config.resources.schedule;
  planner.max_backlog = backlog_limit(pipeline);
  planner.max_held = pipeline.max_held;
  planner.window = window_of(channel, pipeline);
  return planner;
}

WriterConfig writer_config(const Channel& channel, const RunConfig& config, const RunSetup& setup) {
  const auto& pipeline = setup.pipeline;
  WriterConfig writer;
  writer.files = output_names(config);
  writer.retry = setup.lead->start.retry;
  writer.run = setup.lead->start.run;
  writer.from = setup.lead->start.from;
  writer.journal_interval = config.stops.journal_interval;
  writer.stop_at_first_failure = config.output.on_error == OnError::fail;
  writer.chunks = setup.lead->source->supply().chunks;
  writer.window = window_of(channel, pipeline);
  writer.timeline = pipeline.timeline;
  writer.form = output_form(pipeline.encoder);
  return writer;
}

}  // namespace infer
