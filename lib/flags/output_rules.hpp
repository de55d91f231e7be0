// What an output must be to go together with its name, its format and what else the run is told. Internal to
// the flags.
#pragma once

#include "config/config.hpp"

namespace infer::detail {

/// Adds the file of errors where rows have no place for them. `others_have_fields`: so does the row of some
/// output of the run. Throws UsageError.
void complete_output(RunConfig& config, bool others_have_fields);

}  // namespace infer::detail
