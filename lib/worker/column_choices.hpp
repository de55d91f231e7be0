// Which columns of tables a rank reads, and for whom.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "reader/tables/table_reader.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// Of these scorings, each choice once.
inline std::vector<Columns> column_choices(std::span<const ScoringConfig> scorings) {
  std::vector<Columns> choices;
  for (const auto& scoring : scorings) {
    if (std::ranges::count(choices, scoring.columns) == 0) choices.push_back(scoring.columns);
  }
  return choices;
}

}  // namespace infer
