// What --keys, --reuse and --repeat-cache do not go with. Internal to the flags.
#pragma once

#include "config/config.hpp"

namespace infer::detail {

/// Throws UsageError.
void check_keys(const RunConfig& config);

}  // namespace infer::detail
