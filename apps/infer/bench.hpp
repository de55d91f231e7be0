// `infer bench`: the table of what was tried, and the flags to use.
#pragma once

#include "comm/world.hpp"
#include "config/config.hpp"
#include "start/observer.hpp"

namespace infer {

/// Results go to stderr as they come; standard output gets the flags, as lines for --config. Throws as
/// run_bench() does, and RunError when the output cannot be written.
void bench(World& world, const RunConfig& config, RunObserver& observer);

}  // namespace infer
