// What is said of an argument, or of a line in a file of flags, that nothing takes.
#pragma once

#include <string>
#include <vector>

#include "command_line/arguments.hpp"

namespace infer {

/// What a command takes.
struct CommandForm {
  std::string name;  ///< empty: a run
  std::vector<FlagForm> flags;
};

/// "--imput is no flag of infer; did you mean --input?" Of what a command line has besides flags and values.
/// The first of them may be a command, mistyped. `given` is what the line is of.
std::string unexpected_text(const CommandForm& given, const std::vector<CommandForm>& others,
                            const std::vector<std::string>& arguments);

/// "wrong.toml, line 3: infer has no flag "imput"; did you mean input?" Of a name in a file of flags.
std::string unexpected_in_file_text(const std::vector<FlagForm>& flags, const std::string& path,
                                    const std::string& name);

}  // namespace infer
