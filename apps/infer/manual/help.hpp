// What --help and --help-all answer.
#pragma once

#include <string>

#include "manual/program_text.hpp"

namespace infer {

/// On one screen of 24 lines and 80 columns: the flags that most runs want, and where all others are.
std::string short_help(const ProgramText& program);

/// Every flag and command.
std::string full_help(const ProgramText& program);

/// Of one command.
std::string command_help(const CommandText& command);

}  // namespace infer
