// The command that goes on with a run that ended early, as a person would type it.
#pragma once

#include <string>
#include <vector>

#include "comm/launch.hpp"

namespace infer {

/// `arguments`: those of main, the program's name first. Quoted for a shell, on one line.
std::string resume_command(const std::vector<std::string>& arguments,
                           const Environment& environment = process_environment);

}  // namespace infer
