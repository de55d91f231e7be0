// Lines on what of its host each rank works with: devices, cores, memory.
#pragma once

#include <optional>

#include "check/checklist.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "model_file/model_file.hpp"
#include "start/rank_share.hpp"

namespace infer {

struct CheckedShare {
  std::optional<RankShare> own;  ///< of this rank; empty where it cannot have one
  bool all_fit = false;          ///< on rank 0: every rank has one, and their devices go together
};

/// Collective: "device" and "cores".
CheckedShare check_share(World& world, const RunConfig& config, const ModelFile& model, Checklist& list);

/// Collective: "memory", for the weights of all ranks of a host, `model_ranks` of which have a model
/// together. False where there is less on this one.
bool check_memory(World& world, const ModelFile& model, bool has_model, int model_ranks, Checklist& list);

}  // namespace infer
