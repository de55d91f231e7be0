#include "manual/printed.hpp"

namespace infer::detail {
namespace {

/// Up to the first stop: a list beside what is typed has no place for more.
std::string first_sentence(const std::string& text) { return text.substr(0, text.find(". ")); }

std::string action(const OptionText& option) {
  if (option.value == "FILE") return "_files";
  if (option.value == "FOLDER") return "_files -/";
  std::string choices;
  for (const auto& choice : option.choices) choices += (choices.empty() ? "" : " ") + choice;
  return choices.empty() ? " " : "(" + choices + ")";
}

/// As _arguments reads it: '(-m --model)'{-m+,--model=}'[help]:FILE:_files'.
std::string spec(const OptionText& option) {
  const auto has_value = !option.value.empty();
  const auto help = std::string("[").append(escaped(first_sentence(option.help), "[]:\\", "\\@")).append("]");
  std::string value;
  if (has_value)
    value.append(":").append(escaped(option.value, ":", "\\@")).append(":").append(action(option));
  std::string lines;
  for (const auto& name : typed_names(option)) {
    const bool is_long = name.starts_with("--");
    const auto form = name + (!has_value ? "" : is_long ? "=" : "+");
    lines += "    " + quoted((option.repeats || option.comes_again ? "*" : "") + form + help + value) + "\n";
  }
  return lines;
}

std::string specs(const std::vector<OptionText>& options) {
  std::string lines;
  for (const auto& option : options) lines += spec(option);
  return lines;
}

std::string command_case(const CommandText& command) {
  auto lines =
      "  " + command.name + ")\n  flags=(\n" + specs(command.options) + "    '1: :(" + command.name + ")'\n";
  if (command.takes_run_flags) {
    lines += "    '*:FILE:_files'\n";
  } else if (!command.operand.empty()) {
    lines += "    " + quoted("*:" + escaped(command.operand, ":", "\\@") + ":_files") + "\n";
  }
  return lines + "  )\n" + (command.takes_run_flags ? "  flags+=($run)\n" : "") + "  ;;\n";
}

}  // namespace

std::string zsh_completion(const ProgramText& program) {
  std::string script = "#compdef infer\n# made by: infer --print zsh\nlocal -a run flags commands\nrun=(\n";
  for (const auto& group : program.groups) script += specs(group.options);
  script += ")\ncommands=(\n";
  for (const auto& command : program.commands)
    script +=
        "    " + quoted(command.name + ":" + escaped(first_sentence(command.help), ":\\", "\\@")) + "\n";
  // Behind a flag that takes several files stand words that are no flags.
  script +=
      ")\n_infer_word() {\n  if ((CURRENT == 2)); then _describe command commands; else _files; fi\n}\n"
      "flags=($run '*: :_infer_word')\ncase $words[2] in\n";
  for (const auto& command : program.commands) script += command_case(command);
  return script + "esac\n_arguments -S $flags\n";
}

}  // namespace infer::detail
