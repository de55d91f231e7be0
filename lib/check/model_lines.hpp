// Lines on the model: whether it can be loaded everywhere, what its inputs are, and whether its rows are
// right.
#pragma once

#include <memory>
#include <optional>

#include "check/checklist.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "reader/source.hpp"
#include "start/rank_share.hpp"
#include "start/scorer.hpp"

namespace infer {

/// Collective: "tmpdir" and "load". `share`: of this rank; null where the model is not to be loaded on it,
/// for want of the line `lacking`.
std::optional<LoadedModel> check_load(World& world, const std::shared_ptr<const ModelFile>& model,
                                      const RankShare* share, const std::string& lacking, Checklist& list);

/// On rank 0: "trial" and "signature".
std::optional<Scorer> check_trial(Channel& channel, const RunConfig& config, LoadedModel model,
                                  Source& source, Checklist& list);

}  // namespace infer
