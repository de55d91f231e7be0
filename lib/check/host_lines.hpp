// Lines on what of its host each rank works with: devices, cores, memory.
#pragma once

#include <optional>

#include "check/checklist.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "model_file/model_file.hpp"
#include "start/rank_share.hpp"

namespace infer {

/// Collective: "device" and "cores". This rank's share; empty where it cannot have one.
std::optional<RankShare> check_share(World& world, const RunConfig& config, const ModelFile& model,
                                     Checklist& list);

/// Collective: "memory", for the weights of all ranks of a host. False where there is less on this one.
bool check_memory(World& world, const ModelFile& model, bool has_model, Checklist& list);

}  // namespace infer
