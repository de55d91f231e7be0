// All of Catch2, which takes seconds to compile, once for every main().
#pragma once

#include <string>

namespace infer {

/// Runs the cases that the arguments choose: 0 when none fails. What it says goes to the file `report`, if
/// given.
int run_catch(int argc, char** argv, const std::string& report = "");

}  // namespace infer
