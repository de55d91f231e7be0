#include "manual/printed.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/near_name.hpp"
#include "manual/job_scripts.hpp"

namespace infer {
namespace {

struct Form {
  const char* name;
  std::string (*print)(const ProgramText&);
};

constexpr std::array kForms{Form{"man", detail::man_page}, Form{"bash", detail::bash_completion},
                            Form{"zsh", detail::zsh_completion}, Form{"fish", detail::fish_completion}};

}  // namespace

std::vector<std::string> printed_forms() {
  std::vector<std::string> names;
  for (const auto& form : kForms) names.emplace_back(form.name);
  for (const auto& script : detail::job_scripts()) names.emplace_back(script.form);
  return names;
}

std::string printed(const ProgramText& program, const std::string& form) {
  const auto found = std::ranges::find_if(kForms, [&](const Form& each) { return form == each.name; });
  if (found != kForms.end()) return found->print(program);
  const auto scripts = detail::job_scripts();
  const auto script = std::ranges::find_if(scripts, [&](const auto& each) { return form == each.form; });
  if (script != scripts.end()) return script->text;
  const auto names = printed_forms();
  throw UsageError("--print " + form + ": choose one of " + joined(names, ", ") +
                   did_you_mean(near_names(form, names)));
}

namespace detail {

std::string escaped(const std::string& text, const std::string& letters, const std::string& with) {
  std::string result;
  for (const char letter : text) {
    if (letters.find(letter) == std::string::npos) {
      result += letter;
      continue;
    }
    for (const char each : with) result += each == '@' ? letter : each;
  }
  return result;
}

std::string quoted(const std::string& text) {
  return std::string("'").append(escaped(text, "'", "'\\@'")).append("'");
}

std::vector<std::string> typed_names(const OptionText& option) {
  std::vector<std::string> names;
  if (option.letter != '\0') names.push_back(std::string("-") + option.letter);
  names.push_back("--" + option.name);
  return names;
}

}  // namespace detail
}  // namespace infer
