// Ranks that have the stages of a model together: which of them this one is, and which stages it has.
#pragma once

#include "model_file/stages.hpp"

namespace infer {

/// Neighbouring ranks; the first one has the first stages, and all else of a rank's work.
struct ModelGroup {
  int ranks = 1;
  int rank = 0;  ///< of the job

  int place() const { return rank % ranks; }
  int first() const { return rank - place(); }
  bool is_alone() const { return ranks == 1; }
  bool is_first() const { return place() == 0; }
  bool is_last() const { return place() == ranks - 1; }

  StageSpan own_stages(std::size_t stages) const {
    return share_of_stages(stages, static_cast<std::size_t>(place()), static_cast<std::size_t>(ranks));
  }
};

}  // namespace infer
