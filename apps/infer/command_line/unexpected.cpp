#include "command_line/unexpected.hpp"

#include <algorithm>
#include <fstream>

#include "base/text.hpp"
#include "config/near_name.hpp"

namespace infer {
namespace {

std::string without_dashes(std::string name) {
  name.erase(0, name.find_first_not_of('-'));
  std::ranges::replace(name, '_', '-');
  return name;
}

/// Flags that were meant, it may be.
std::vector<std::string> near_flags(const std::vector<FlagForm>& flags, const std::string& given) {
  std::vector<std::string> known;
  for (const auto& flag : flags) known.insert(known.end(), flag.long_names.begin(), flag.long_names.end());
  return near_names(without_dashes(given), known);
}

/// The line of a file that begins with `name =`; 0 when there is none.
std::size_t line_of(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    const auto begin = line.find_first_not_of(" \t\"'-");
    if (begin == std::string::npos || line.compare(begin, name.size(), name) != 0) continue;
    const auto after = line.find_first_not_of(" \t\"'", begin + name.size());
    if (after == std::string::npos || line[after] == '=') return number;
  }
  return 0;
}

/// "infer check and infer peek": whose flag it is.
std::string owners_of(const std::string& flag, const std::vector<CommandForm>& commands) {
  std::vector<std::string> owners;
  for (const auto& [name, flags] : commands) {
    if (std::ranges::any_of(flags, [&](const auto& each) { return names_flag(each, flag); }))
      owners.push_back(name.empty() ? "a run" : "infer " + name);
  }
  return joined(owners, " and ");
}

std::string unexpected_flag_text(const CommandForm& given, const std::vector<CommandForm>& others,
                                 const std::string& flag) {
  const auto owners = owners_of(flag, others);
  return flag + " is no flag of infer" + (given.name.empty() ? "" : " " + given.name) +
         (owners.empty() ? "" : ", but of " + owners) + did_you_mean(near_flags(given.flags, flag), "--");
}

}  // namespace

std::string unexpected_text(const CommandForm& given, const std::vector<CommandForm>& others,
                            const std::vector<std::string>& arguments) {
  std::vector<std::string> commands;
  for (const auto& command : others) commands.push_back(command.name);
  const auto& first = arguments.front();
  if (const auto meant = near_names(first, commands); !meant.empty())
    return first + " is no command of infer" + did_you_mean(meant, "infer ");
  const auto is_name = [&](const FlagForm& flag) { return names_flag(flag, "--" + first); };
  if (std::ranges::any_of(given.flags, is_name))
    return first + " is no command of infer, but a flag" + did_you_mean(std::vector{first}, "--");
  const auto flag = std::ranges::find_if(arguments, [](const auto& each) { return each.starts_with('-'); });
  if (flag != arguments.end()) return unexpected_flag_text(given, others, flag->substr(0, flag->find('=')));
  return std::string("\"")
      .append(joined(arguments, " "))
      .append("\" stands where a flag must: every value belongs to one, as in --input ")
      .append(first);
}

std::string unexpected_in_file_text(const std::vector<FlagForm>& flags, const std::string& path,
                                    const std::string& name) {
  const auto line = line_of(path, name);
  const auto place = path + (line > 0 ? ", line " + std::to_string(line) : "");
  if (name.empty()) return place + ": no flag stands before the =; the form is flag = value";
  return place + ": infer has no flag \"" + printable(name) + "\"" +
         did_you_mean(near_flags(flags, name), "");
}

}  // namespace infer
