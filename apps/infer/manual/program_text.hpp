// All that the command line has, as texts: from it come the help, the man page and the shells' completions.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace infer {

struct OptionText {
  char letter = '\0';
  std::string name;          ///< long, without dashes
  std::string value;         ///< what its value is called, FILE and FOLDER among others; empty: a switch
  bool repeats = false;      ///< several values, in one place too
  bool comes_again = false;  ///< with one value each time
  std::string usual;         ///< the default, as it is typed; empty: none, or the help says it
  std::string help;
  std::string brief;                 ///< its line in the short help; empty: not there
  std::vector<std::string> choices;  ///< all that its value may be
};

struct OptionGroup {
  std::string name;
  std::vector<OptionText> options;
};

struct CommandText {
  std::string name;
  std::string help;
  std::string operand;  ///< "MODEL", "FOLDER ..."; empty: it takes none
  std::string operand_help;
  std::vector<OptionText> options;
  bool takes_run_flags = false;
};

struct ProgramText {
  std::string description;  ///< lines
  std::string footer;       ///< lines
  std::string version;      ///< "0.1.0"
  std::vector<OptionGroup> groups;
  std::vector<CommandText> commands;
};

/// `app` has all flags and commands.
ProgramText read_program(const CLI::App& app);

}  // namespace infer
