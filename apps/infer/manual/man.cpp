#include <algorithm>
#include <sstream>

#include "manual/printed.hpp"

namespace infer::detail {
namespace {

/// A line of text that roff shows as it is: its dashes can be typed, and it is no request.
std::string roff(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\') {
      result += "\\e";
    } else {
      result += letter == '-' ? "\\-" : std::string(1, letter);
    }
  }
  return (result.starts_with('.') || result.starts_with('\'') ? "\\&" : "") + result;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string slanted(const std::string& text) { return text.empty() ? "" : " \\fI" + roff(text) + "\\fR"; }

std::string paragraphs(const std::string& text) {
  std::istringstream lines(text);
  std::string page;
  for (std::string line; std::getline(lines, line);) {
    const bool is_example = line.starts_with("  ");
    page += is_example ? ".PP\n.RS 4\n.EX\n" + roff(line.substr(2)) + "\n.EE\n.RE\n" : roff(line) + '\n';
  }
  return page;
}

std::string entry(const OptionText& option) {
  std::string names;
  for (const auto& name : typed_names(option)) names += (names.empty() ? "" : ", ") + bold(name);
  std::string choices;
  for (const auto& choice : option.choices) choices += (choices.empty() ? "" : ", ") + choice;
  const bool is_told = choices.empty() || option.value.find('|') != std::string::npos;
  return ".TP\n" + names + slanted(option.value) + (option.repeats ? " ..." : "") + '\n' + roff(option.help) +
         '\n' + (is_told ? "" : ".br\nOne of: " + roff(choices) + ".\n") +
         (option.usual.empty() ? "" : ".br\nDefault: " + roff(option.usual) + ".\n");
}

std::string command_part(const CommandText& command) {
  auto page = ".SS " + roff("infer " + command.name) +
              (command.operand.empty() ? "" : slanted(command.operand)) + '\n' + roff(command.help) + ".\n";
  if (!command.operand.empty())
    page += ".TP\n\\fI" + roff(command.operand) + "\\fR\n" + roff(command.operand_help) + '\n';
  for (const auto& option : command.options) page += entry(option);
  return page;
}

std::string synopsis(const ProgramText& program) {
  std::string page = ".B infer\n.RI [ flag \" ...]\"\n";
  for (const auto& command : program.commands)
    page += ".br\n.B infer " + roff(command.name) + '\n' +
            (command.operand.empty() ? "" : ".I " + roff(command.operand) + '\n') + ".RI [ flag \" ...]\"\n";
  return page;
}

}  // namespace

std::string man_page(const ProgramText& program) {
  auto page = ".\\\" made by: infer \\-\\-print man\n.TH INFER 1 \"\" \"infer " + program.version +
              "\" \"User Commands\"\n.SH NAME\ninfer \\- score files of records with a PyTorch model\n" +
              ".SH SYNOPSIS\n" + synopsis(program) + ".SH DESCRIPTION\n" + paragraphs(program.description) +
              ".SH FLAGS\n";
  for (const auto& group : program.groups) {
    page += ".SS \"" + roff(group.name) + "\"\n";
    for (const auto& option : group.options) page += entry(option);
  }
  page += ".SH COMMANDS\n";
  for (const auto& command : program.commands) page += command_part(command);
  return page + ".SH \"ENVIRONMENT AND EXIT CODES\"\n" + paragraphs(program.footer) +
         ".SH \"SEE ALSO\"\n.BR mpirun (1)\n";
}

}  // namespace infer::detail
