// All ranks must have been started alike: what shapes rows, or decides where they go and how ranks meet, is
// compared before any work.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "comm/channel.hpp"
#include "config/config.hpp"
#include "model_file/model_file.hpp"
#include "start/observer.hpp"

namespace infer {

/// One thing that a rank was given.
struct RankFact {
  std::string name;     ///< of the flag
  std::string value;    ///< compared
  std::string shown;    ///< in the message, instead of the value; empty: the value
  bool binding = true;  ///< false: a difference is worth a word only

  bool operator==(const RankFact&) const = default;
};

/// What this rank was given. A file that it cannot read is left out: who needs it will say so. Reads the
/// labels and the end of the model file.
std::vector<RankFact> rank_facts(const RunConfig& config, const ModelFile& model);

struct FactDifferences {
  std::string binding;  ///< "--top-k is 3 on rank 0 (a) and 1 on rank 1 (b)", several with "; "
  std::string other;    ///< likewise; both are empty when all ranks are alike
};

/// Facts of all ranks, in rank order. Of those that differ from rank 0, the first one's differences.
FactDifferences compare_ranks(const std::vector<std::vector<RankFact>>& ranks,
                              const std::function<std::string(int rank)>& describe);

/// Collective. Those of all ranks, on rank 0 only.
std::vector<std::vector<RankFact>> collect_facts(Channel& channel, const std::vector<RankFact>& own,
                                                 Deadline deadline);

/// Collective. Throws AgreedError, with ExitCode::usage, when a rank was given something else than rank 0.
void agree_on_facts(Channel& channel, const RunConfig& config, const ModelFile& model, RunObserver& observer,
                    Deadline deadline);

}  // namespace infer
