// When the job ends that this process is of, and so the run. Internal to the flags.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace infer::detail {

/// Sets a limit of time where none is given and Slurm tells the job's end, so that the run has stopped by
/// then. A notice where what it tells is no time to come.
void complete_stops(StopOptions& stops, std::vector<std::string>& notices);

}  // namespace infer::detail
