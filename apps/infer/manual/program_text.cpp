#include "manual/program_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "flags/flag.hpp"
#include "version.hpp"

namespace infer {
namespace {

const Flag* find_flag(const std::string& name) {
  const Flag* found = nullptr;
  for_each_flag([&](const Flag& flag) {
    if (flag.name == name) found = &flag;
  });
  return found;
}

/// "64MiB", "10m": a number with the largest unit that leaves it whole.
std::string with_unit(const std::string& number,
                      const std::vector<std::pair<std::uint64_t, std::string>>& units) {
  const auto value = std::stoull(number);
  for (const auto& [size, unit] : units) {
    if (value > size && value % size == 0) return std::to_string(value / size) + unit;
  }
  return number + units.back().second;
}

std::string usual_text(const FlagValue& value) {
  const auto text = value.form == ValueForm::on_off ? std::nullopt : value.text(RunConfig());
  if (!text || text->empty()) return "";
  if (value.form == ValueForm::seconds) return with_unit(*text, {{60, "m"}, {1, "s"}});
  if (value.form == ValueForm::bytes)
    return with_unit(*text, {{1U << 30U, "GiB"}, {1U << 20U, "MiB"}, {1, "B"}});
  return *text;
}

std::vector<std::string> parts_of(const std::string& text, char between) {
  std::istringstream stream(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(stream, part, between);) parts.push_back(part);
  return parts;
}

/// Of what is in no table; "a|b" are the choices.
OptionText text_of(const CLI::Option& option) {
  OptionText text;
  if (!option.get_snames().empty()) text.letter = option.get_snames().front().front();
  text.name = option.get_lnames().front();
  text.help = option.get_description();
  text.value = option.get_type_name();
  text.repeats = option.get_items_expected_max() > 1;
  if (text.value.find('|') != std::string::npos) text.choices = parts_of(text.value, '|');
  return text;
}

OptionText text_of(const Flag& flag) {
  const auto form = flag.value.form;
  OptionText text;
  text.letter = flag.letter;
  text.name = flag.name;
  text.value = flag.value_name();
  text.repeats = form == ValueForm::texts;
  text.comes_again = form == ValueForm::outputs;
  text.help = flag.help;
  text.brief = flag.brief;
  text.choices = flag.value.choices;
  text.usual = usual_text(flag.value);
  return text;
}

/// In the order of the app's, by their groups.
std::vector<OptionGroup> groups_of(const CLI::App& app) {
  std::vector<OptionGroup> groups;
  for (const auto* option : app.get_options()) {
    if (groups.empty() || groups.back().name != option->get_group())
      groups.push_back({option->get_group(), {}});
    const auto* flag = find_flag(option->get_lnames().front());
    groups.back().options.push_back(flag != nullptr ? text_of(*flag) : text_of(*option));
  }
  return groups;
}

CommandText text_of(const CLI::App& command) {
  CommandText text{command.get_name(), command.get_description(), "", "", {}, command.get_fallthrough()};
  for (const auto* option : command.get_options()) {
    if (option == command.get_help_ptr() || option == command.get_help_all_ptr()) continue;
    if (!option->get_positional()) {
      text.options.push_back(text_of(*option));
      continue;
    }
    text.operand = option->get_type_name() + (option->get_items_expected_max() > 1 ? " ..." : "");
    text.operand_help = option->get_description();
  }
  return text;
}

}  // namespace

ProgramText read_program(const CLI::App& app) {
  ProgramText text{app.get_description(), app.get_footer(), infer_version(), groups_of(app), {}};
  for (const auto* command : app.get_subcommands({})) text.commands.push_back(text_of(*command));
  return text;
}

}  // namespace infer
