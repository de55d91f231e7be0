#include "command_line/arguments.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/near_name.hpp"

namespace infer {
namespace {

constexpr std::string_view kPrefix = "INFER_";
constexpr std::string_view kTestPrefix = "INFER_TEST_";
/// Of the kernels and of the scripts in scripts/.
constexpr std::array<std::string_view, 7> kOtherVariables{
    "INFER_ATTENTION", "INFER_LINEAR", "INFER_CONVOLUTION", "INFER_TORCH",
    "INFER_CUDA",      "INFER_PYTHON", "INFER_COMMIT"};

const FlagForm* find_flag(const std::vector<FlagForm>& flags, const std::string& argument) {
  const auto found =
      std::ranges::find_if(flags, [&](const FlagForm& flag) { return names_flag(flag, argument); });
  return found == flags.end() ? nullptr : &*found;
}

void check_value(const std::vector<FlagForm>& flags, const FlagForm& flag, const std::string& name,
                 const std::string& value) {
  if (value.empty() && !flag.may_be_empty)
    throw UsageError(name +
                     " is given an empty value; give one, or leave the flag out (a shell variable in its "
                     "place may be unset)");
  if (!value.starts_with("--") && find_flag(flags, value) == nullptr) return;
  throw UsageError(name + " has no value: " + value +
                   " follows (a shell variable in its place may be unset); a "
                   "value of that name is written " +
                   "--" + flag.long_names.front() + "=" + value);
}

std::string letters(std::string name) {
  std::erase(name, '_');
  return name;
}

bool is_near(const std::string& variable, const std::string& known) {
  return letters_apart(letters(variable), letters(known)) <= 1;
}

}  // namespace

bool names_flag(const FlagForm& flag, const std::string& argument) {
  const bool is_long = argument.starts_with("--");
  const auto& names = is_long ? flag.long_names : flag.short_names;
  return std::ranges::any_of(names,
                             [&](const auto& name) { return argument == (is_long ? "--" : "-") + name; });
}

std::string environment_name(const std::string& long_name) {
  std::string name(kPrefix);
  for (const char c : long_name)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

bool is_given(const std::vector<std::string>& arguments, const FlagForm& flag) {
  return std::ranges::any_of(arguments, [&](const std::string& argument) {
    const bool is_long = argument.starts_with("--");
    if (is_long) return names_flag(flag, argument.substr(0, argument.find('=')));
    return std::ranges::any_of(flag.short_names, [&](const auto& name) {
      return argument.starts_with("-" + name);  // -mFILE too
    });
  });
}

std::vector<std::string> with_whole_values(const std::vector<FlagForm>& flags,
                                           const std::vector<std::string>& arguments) {
  std::vector<std::string> whole;
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    const auto equals = at->starts_with("--") ? at->find('=') : std::string::npos;
    const auto name = at->substr(0, equals);
    const auto* flag = find_flag(flags, name);
    whole.push_back(*at);
    if (flag == nullptr) continue;
    if (equals != std::string::npos) {
      if (equals + 1 < at->size()) continue;
      check_value(flags, *flag, name, "");
      whole.back() = name;
      whole.emplace_back();
    } else if (flag->takes_value && at + 1 != arguments.end()) {
      check_value(flags, *flag, name, *++at);
      whole.push_back(*at);
    }
  }
  return whole;
}

std::vector<std::string> unknown_variables(const std::vector<FlagForm>& flags,
                                           const std::vector<std::string>& variables) {
  std::vector<std::string> known(kOtherVariables.begin(), kOtherVariables.end());
  for (const auto& flag : flags)
    std::ranges::transform(flag.long_names, std::back_inserter(known), environment_name);
  std::vector<std::string> unknown;
  for (const auto& variable : variables) {
    if (!variable.starts_with(kPrefix) || variable.starts_with(kTestPrefix)) continue;
    if (std::ranges::find(known, variable) != known.end()) continue;
    const auto meant = std::ranges::find_if(known, [&](const auto& name) { return is_near(variable, name); });
    if (meant != known.end())
      throw UsageError("the variable " + variable + " is set, but infer has none of that name: " + *meant +
                       " is one; rename it, or unset it");
    unknown.push_back(variable);
  }
  return unknown;
}

std::vector<std::string> variable_names() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    names.emplace_back(text.substr(0, text.find('=')));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace infer
