#include "manual/printed.hpp"

namespace infer::detail {
namespace {

std::string fish_quoted(const std::string& text) {
  return std::string("'").append(escaped(text, "\\'", "\\@")).append("'");
}

std::string first_sentence(const std::string& text) { return text.substr(0, text.find(". ")); }

std::string line(const OptionText& option, const std::string& condition) {
  std::string choices;
  for (const auto& choice : option.choices) choices += (choices.empty() ? "" : " ") + choice;
  const std::string value = option.value.empty()       ? ""
                            : option.value == "FILE"   ? " -r -F"
                            : option.value == "FOLDER" ? " -x -a '(__fish_complete_directories)'"
                            : choices.empty()          ? " -x"
                                                       : " -x -a " + fish_quoted(choices);
  return "complete -c infer -n " + fish_quoted(condition) + " -l " + option.name +
         (option.letter == '\0' ? "" : std::string(" -s ") + option.letter) + value + " -d " +
         fish_quoted(first_sentence(option.help)) + "\n";
}

std::string command_lines(const CommandText& command) {
  const auto here = "__fish_seen_subcommand_from " + command.name;
  auto lines = "complete -c infer -n __fish_is_first_arg -a " + command.name + " -d " +
               fish_quoted(first_sentence(command.help)) + "\n";
  if (!command.operand.empty()) lines += "complete -c infer -n " + fish_quoted(here) + " -F\n";
  for (const auto& option : command.options) lines += line(option, here);
  return lines;
}

/// A shell function: whether the word belongs to a flag that takes several files.
std::string more_values(const ProgramText& program) {
  std::string names;
  for (const auto& group : program.groups) {
    for (const auto& option : group.options) {
      if (!option.repeats || option.value != "FILE") continue;
      for (const auto& name : typed_names(option)) names += ' ' + name;
    }
  }
  return "function __infer_more_values\n    set -l words (commandline -opc)\n    while set -q words[1]\n"
         "        switch $words[-1]\n            case" +
         names +
         "\n                return 0\n            case '-*'\n                return 1\n        end\n"
         "        set -e words[-1]\n    end\n    return 1\nend\n";
}

}  // namespace

std::string fish_completion(const ProgramText& program) {
  std::string others;
  for (const auto& command : program.commands) {
    if (!command.takes_run_flags) others += " " + command.name;
  }
  const auto run = others.empty() ? "true" : "not __fish_seen_subcommand_from" + others;
  std::string script = "# made by: infer --print fish\n" + more_values(program) + "complete -c infer -f\n" +
                       "complete -c infer -n __infer_more_values -F\n";
  for (const auto& command : program.commands) script += command_lines(command);
  for (const auto& group : program.groups) {
    for (const auto& option : group.options) script += line(option, run);
  }
  return script;
}

}  // namespace infer::detail
