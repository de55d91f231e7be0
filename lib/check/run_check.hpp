// `infer check`: all of a run but the scoring of its input: would it work, and what would it do? In seconds,
// and nothing is left behind.
#pragma once

#include "check/checklist.hpp"
#include "check/launch_lines.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"

namespace infer {

/// Collective. A line for each thing that a run looks at before it begins, and goes on after one that failed
/// with all that does not need it. `on_line` hears of each on rank 0. Returns the heaviest verdict, on every
/// rank. Takes, makes, changes and locks no output, so a run that is on is not disturbed. Throws RunError
/// when ranks do not meet.
Verdict check_run(World& world, const RunConfig& config, const Launch& launch,
                  const Checklist::OnLine& on_line);

}  // namespace infer
