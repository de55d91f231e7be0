// The command that goes on with a run that ended early, as a person would type it.
#pragma once

#include <string>
#include <vector>

#include "comm/launch.hpp"

namespace infer {

/// `arguments`: those of main, the program's name first. `parent`: the command line of the process that
/// started this one, of use where it is mpirun. Quoted for a shell, on one line.
std::string resume_command(const std::vector<std::string>& arguments, const std::vector<std::string>& parent,
                           const Environment& environment = process_environment);

/// What was typed, likewise.
std::string typed_command(const std::vector<std::string>& arguments, const std::vector<std::string>& parent,
                          const Environment& environment = process_environment);

/// The command line of the process that started this one; empty when it is not known.
std::vector<std::string> parent_command();

}  // namespace infer
