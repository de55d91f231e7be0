// What of its host a rank works with: devices, batches at a time, threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "comm/gather.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "model_file/model_file.hpp"
#include "start/observer.hpp"
#include "start/placement.hpp"
#include "start/runners.hpp"

namespace infer {

struct RankShare {
  Runners runners;
  int pool_threads = 1;  ///< decode and encode
};

/// Rank 0 tells how one may want to start its ranks otherwise.
void advise_on_binding(World& world, const RunConfig& config, RunObserver& observer);

/// This rank's. Throws UsageError.
RankShare choose_share(World& world, const RunConfig& config, const ModelFile& model, RunObserver& observer);

/// What all ranks have told by placement_text(). Throws UsageError when they do not go together.
std::vector<Placement> joint_placements(const std::vector<std::string>& texts);

/// Collective. Those of all ranks, on rank 0 only. Throws AgreedError when they do not go together.
std::vector<Placement> agree_on_placement(Channel& channel, const Runners& runners);

/// Collective. As --gather says, and the devices of all ranks allow.
std::unique_ptr<Gather> make_run_gather(Channel& channel, const RunConfig& config, const Runners& runners);

}  // namespace infer
