// On rank 0: the files that a run will write are its own from here on, and what an earlier run left in them
// is known.
#pragma once

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "writer/journal/output_start.hpp"

namespace infer {

struct OutputClaim {
  OutputStart output;
  UniqueFd trace;  ///< the claim on it lasts as long as this is open
};

/// Throws UsageError when a file cannot be written or is another run's. That none plays two parts,
/// check_file_roles() has told.
OutputClaim claim_outputs(const RunConfig& config);

/// What claim_outputs() would find, and the same refusals, those of check_file_roles() too, without taking or
/// changing anything.
FoundOutput look_at_outputs(const RunConfig& config);

}  // namespace infer
