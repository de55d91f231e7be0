// Which of a run's scorings have stages in common: who takes whose decoded chunks, who runs in whose threads.
#pragma once

#include <span>
#include <vector>

#include "start/scorer.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// Of each scoring its scorer, by position. To be called once it is known what each of them reuses.
void share_stages(std::vector<ScoringConfig>& scorings, std::span<const Scorer* const> scorers);

}  // namespace infer
