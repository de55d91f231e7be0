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

  /// With an unfinished run.
  bool goes_on() const { return output.kind == StartKind::go_on; }
  /// Scores what failed in a finished run, or goes on with that.
  bool retries() const {
    return output.kind == StartKind::retry || (goes_on() && output.journal->found().run->retry);
  }
};

/// Throws UsageError when a file cannot be written, plays two parts, or is another run's.
OutputClaim claim_outputs(const RunConfig& config);

}  // namespace infer
