// What the command line says about results, laid over what the bundle says.
#pragma once

#include "config/config.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Applies --task, --labels and --threshold; refuses flags that the task has no use for and copied fields
/// that would stand beside a field of the row's own of the same name. Throws UsageError.
void apply_result_options(ResultSpec& result, const RunConfig& config);

}  // namespace infer::detail
