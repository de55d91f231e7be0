#include "pipeline/lead_config.hpp"

#include <functional>

namespace infer {
namespace {

/// How far grants may run ahead of the oldest unwritten chunk: far enough for all ranks to go on while a slow
/// one works through its backlog. What the ranks hold, and what waits on rank 0, has limits of its own.
std::uint64_t window_of(const Channel& channel, const PipelineConfig& pipeline) {
  return 4 * pipeline.max_held * static_cast<std::uint64_t>(channel.size());
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
  if (const auto header = pipeline.encoder.format->header; header != nullptr)
    writer.header = std::bind_front(header, pipeline.encoder.rows);
  return writer;
}

}  // namespace infer
