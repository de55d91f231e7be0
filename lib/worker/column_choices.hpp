// Which columns of tables a rank reads, and for whom.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "reader/table_reader.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// Of the decoders of these scorings, each choice once.
inline std::vector<Columns> column_choices(std::span<const ScoringConfig> scorings) {
  std::vector<Columns> choices;
  for (std::size_t s = 0; s < scorings.size(); ++s) {
    const auto& own = scorings[s];
    if (own.decoded_as == s && std::ranges::count(choices, own.columns) == 0) choices.push_back(own.columns);
  }
  return choices;
}

}  // namespace infer
