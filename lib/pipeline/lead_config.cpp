#include "pipeline/lead_config.hpp"

#include <algorithm>

#include "pipeline/account/account_before.hpp"
#include "pipeline/parts_config.hpp"
#include "start/stage_config.hpp"

namespace infer {
namespace {

/// How many chunks, or parts, grants may run ahead of the oldest unwritten one: far enough for all ranks to
/// go on while a slow one works through its backlog. What the ranks hold, and what waits on rank 0, has
/// limits of its own.
std::uint64_t window_of(const RunSetup& setup, std::uint64_t ranks) {
  return setup.parts ? setup.parts->most_orders : 4 * setup.pipeline.max_held * ranks;
}

std::uint64_t run_chunks(const RunSetup& setup) { return setup.parts ? setup.parts->chunks : 1; }

}  // namespace

PlannerConfig planner_config(const Channel& channel, const RunConfig& config, const RunSetup& setup) {
  const auto& pipeline = setup.pipeline;
  PlannerConfig planner;
  planner.ranks = channel.size() / setup.group_ranks();
  planner.first_chunk = std::ranges::min(pipeline.scorings, {}, &ScoringConfig::first_chunk).first_chunk;
  planner.schedule = config.resources.schedule;
  planner.max_backlog = backlog_limit(pipeline);
  planner.max_held = pipeline.max_held;
  planner.run_chunks = run_chunks(setup);
  planner.window = window_of(setup, static_cast<std::uint64_t>(planner.ranks));
  return planner;
}

WriterConfig writer_config(const Channel& channel, const RunSetup& setup, std::size_t which) {
  const auto& output = setup.outputs[which];
  const auto& config = output.config;
  const auto& pipeline = setup.pipeline;
  WriterConfig writer;
  writer.files = output_names(config);
  writer.retry = output.start.retry;
  writer.leaves_out_failed = config.output.on_error == OnError::skip;
  writer.run = output.start.run;
  writer.from =
      begin_session(output.start.from, static_cast<std::size_t>(channel.size() / setup.group_ranks()));
  writer.journal_interval = config.stops.journal_interval;
  writer.stop_at_first_failure = config.output.on_error == OnError::fail;
  writer.chunks = setup.lead->source->supply().chunks;
  writer.window = window_of(setup, static_cast<std::uint64_t>(channel.size())) * run_chunks(setup);
  writer.parts = parts_config(config, setup);
  writer.timeline = pipeline.timeline;
  if (!writer.retry || !writer.retry->parts) writer.form = output_form(pipeline.scorings[which].encoder);
  writer.form.keys = output.keys;
  return writer;
}

}  // namespace infer
