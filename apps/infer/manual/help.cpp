#include "manual/help.hpp"

#include <algorithm>
#include <sstream>

namespace infer {
namespace {

constexpr std::size_t kColumns = 80;

/// "-m, --model FILE", or "    --task NAME" below it.
std::string written(const OptionText& option) {
  return (option.letter == '\0' ? std::string("    ") : std::string("-") + option.letter + ", ") + "--" +
         option.name + (option.value.empty() ? "" : " " + option.value) + (option.repeats ? " ..." : "");
}

/// `text` in lines of at most 80 columns, each behind `margin`.
std::string wrapped(const std::string& text, const std::string& margin) {
  std::istringstream words(text);
  std::string lines;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && margin.size() + line.size() + 1 + word.size() > kColumns) {
      lines += margin + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + margin + line + '\n';
}

std::string whole_entry(const OptionText& option) {
  const auto usual = option.usual.empty() ? "" : " [" + option.usual + "]";
  return "  " + written(option) + usual + '\n' + wrapped(option.help, std::string(10, ' '));
}

std::string brief_entry(const OptionText& option) {
  constexpr std::size_t kText = 29;
  auto line = "  " + written(option);
  line.resize(std::max(line.size() + 1, kText), ' ');
  return line + option.brief + '\n';
}

std::string usage(const CommandText& command) {
  return "infer " + command.name + (command.operand.empty() ? "" : " " + command.operand) +
         (command.takes_run_flags ? " [flags of a run]" : "");
}

std::string entries(const std::vector<OptionText>& options) {
  std::string text;
  for (const auto& option : options) text += whole_entry(option);
  return text;
}

}  // namespace

std::string short_help(const ProgramText& program) {
  auto text = program.description + "\n\n";
  for (const auto& group : program.groups) {
    for (const auto& option : group.options) {
      if (!option.brief.empty()) text += brief_entry(option);
    }
  }
  text += "\nCommands:";
  for (const auto& command : program.commands)
    text += (&command == &program.commands.front() ? " infer " : ", ") + command.name;
  return text + "; each has a --help\nAll flags: infer --help-all, or man infer\n";
}

std::string full_help(const ProgramText& program) {
  auto text = program.description + '\n';
  for (const auto& group : program.groups) text += '\n' + group.name + ":\n" + entries(group.options);
  text += "\nCommands:\n";
  for (const auto& command : program.commands)
    text += "  " + usage(command) + '\n' + wrapped(command.help, std::string(10, ' '));
  return text + '\n' + program.footer + '\n';
}

std::string command_help(const CommandText& command) {
  auto text = wrapped(command.help, "") + "\nUsage: " + usage(command) +
              (command.options.empty() ? "" : " [flags]") + "\n";
  if (!command.operand.empty())
    text += "\n  " + command.operand + '\n' + wrapped(command.operand_help, std::string(10, ' '));
  if (!command.options.empty()) text += '\n' + entries(command.options);
  if (command.takes_run_flags) text += "\nThe flags of a run: infer --help\n";
  return text;
}

}  // namespace infer
