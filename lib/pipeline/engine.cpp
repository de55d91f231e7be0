#include "pipeline/engine.hpp"

#include <algorithm>
#include <set>

#include "pipeline/roles.hpp"
#include "reader/input_file.hpp"
#include "signature/signature.hpp"
#include "start/setup.hpp"
#include "writer/output_name.hpp"

namespace infer {
namespace {

std::string stages_text(std::size_t stages) {
  return stages == 1 ? "" : ", " + std::to_string(stages) + " stages";
}

std::string model_text(const LoadedModel& model) {
  return model.file->path().string() + " (" +
         std::string(model_format_name(model.models.front()->info().format)) +
         stages_text(model.runners.stages) + ")";
}

/// Of one output.
RunHeader describe_run(const Channel& channel, const RunSetup& setup, std::size_t which) {
  const auto& output = setup.outputs[which];
  const auto& signature = setup.pipeline.scorings[which].signature;
  std::set<std::string> hosts;
  for (const auto& placement : setup.lead->placements) hosts.insert(placement.host);
  RunHeader header;
  header.ranks = channel.size();
  header.hosts = static_cast<int>(hosts.size());
  header.devices = describe_runners(output.model.runners);
  header.output = output.config.output.path;
  header.model = model_text(output.model);
  const auto task = signature.result.task;
  header.task = task == Task::outputs ? "" : task_name(task);
  header.signature = describe_signature(signature);
  header.files = setup.pipeline.files.size();
  header.input = setup.pipeline.files.front().path;
  // Where single records are scored again, the bytes are not theirs.
  if (!output.config.output.start.retry_errors) header.input_bytes = setup.lead->source->input_bytes();
  header.pictures = pictures_in(setup.pipeline.files);
  header.chunks = setup.lead->source->supply().chunks;
  header.schedule = output.config.resources.schedule == Schedule::static_slices ? "static" : "dynamic";
  header.gather = setup.gather->name();
  header.resumed_rows = output.start.from.rows;
  return header;
}

}  // namespace

ExitCode run_inference(World& world, const RunConfig& config, RunObserver& observer, StopSignals& signals) {
  auto& channel = world.channel();
  auto prepared = prepare_run(world, config, observer);
  if (const auto* nothing = std::get_if<NothingToDo>(&prepared)) {
    if (channel.rank() == 0) observer.notice("nothing is left to do: " + nothing->why);
    return ExitCode::complete;
  }
  auto& setup = std::get<RunSetup>(prepared);
  signals.arm();
  if (!setup.lead) return follow(channel, config, setup, signals);
  std::vector<RunHeader> headers;
  for (std::size_t i = 0; i < setup.outputs.size(); ++i) headers.push_back(describe_run(channel, setup, i));
  observer.started(headers);
  return lead(channel, config, setup, headers, observer, signals);
}

std::string how_to_go_on(const RunConfig& config) {
  const auto is_direct = [](const RunConfig& each) { return output_path(each.output.path).is_direct(); };
  if (is_direct(config) || std::ranges::any_of(config.others, is_direct)) return "";
  return "; what was written is kept, go on with: " + config.command.to_resume;
}

}  // namespace infer
