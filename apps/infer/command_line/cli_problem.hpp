// What CLI11 found wrong with a command line, said as this program says such things.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "command_line/arguments.hpp"

namespace infer {

/// `flags` are the app's; those named in `from_environment` were given by variables.
std::string cli_problem(const CLI::App& app, const std::vector<FlagForm>& flags, const CLI::ParseError& error,
                        const std::vector<std::string>& from_environment);

}  // namespace infer
