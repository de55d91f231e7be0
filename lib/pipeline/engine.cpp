#include "pipeline/engine.hpp"

#include <algorithm>
#include <set>

#include "pipeline/roles.hpp"
#include "pipeline/setup.hpp"

namespace infer {
namespace {

std::string describe_devices(const RunSetup& setup) {
  if (setup.device == "cpu") return "cpu, " + std::to_string(setup.threads) + " thread(s) each";
  return "cuda, one GPU each";
}

RunHeader describe_run(const Session& session, const RunConfig& config, const RunSetup& setup) {
  std::set<std::string> hosts;
  for (const auto& placement : setup.placements) hosts.insert(placement.host);
  RunHeader header;
  header.ranks = session.size();
  header.hosts = static_cast<int>(hosts.size());
  header.devices = describe_devices(setup);
  header.model = config.model + " (" + std::string(model_format_name(setup.model->info().format)) + ")";
  const auto task = setup.pipeline.signature.result.task;
  header.task = task == Task::outputs ? "" : task_name(task);
  header.signature = describe_signature(setup.pipeline.signature);
  header.files = setup.pipeline.chunks.files().size();
  header.input = config.input.front();
  header.input_bytes = setup.pipeline.chunks.input_bytes();
  header.chunks = setup.pipeline.chunks.chunks();
  header.schedule = config.schedule == Schedule::static_slices ? "static" : "dynamic";
  header.gather = setup.gather->name();
  return header;
}

}  // namespace

ExitCode run_inference(Session& session, const RunConfig& config, RunObserver& observer) {
  auto setup = prepare_run(session, config, observer);
  if (session.rank() != 0) return follow(session, config, setup);
  observer.started(describe_run(session, config, setup));
  return lead(session, config, setup, observer);
}

}  // namespace infer
