// What limited a run, and which flag would help most. Rules of thumb over its numbers, the largest first.
#pragma once

#include <string>
#include <vector>

#include "report/run_account.hpp"

namespace infer {

struct Advice {
  std::string what;    ///< "The model: its threads were busy 93 % of the time."
  std::string remedy;  ///< "--max-batch-tokens 8192 avoids the retries"
  double weight = 0;   ///< about which part of the run's time it is of
};

/// Never empty for a run that has scored something.
std::vector<Advice> what_limited(const RunAccount& run);

}  // namespace infer
