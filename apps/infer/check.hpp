// `infer check`: the table on standard output, or the object for programs.
#pragma once

#include "base/error.hpp"
#include "check/run_check.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"

namespace infer {

/// Collective. Lines come as soon as they are known, the object at the end; of several outputs a table or an
/// object each. ExitCode::usage when one failed.
/// Throws as check_run() does, and RunError when the output cannot be written.
ExitCode check(World& world, const RunConfig& config, const Launch& launch, bool as_json);

}  // namespace infer
