#include "resume_command.hpp"

#include <algorithm>
#include <string_view>

namespace infer {
namespace {

std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%^";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'') {
      text += "'\\''";
    } else if (c == '\n') {
      text += "'$'\\n''";  // bash: the message stays on one line
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::string launcher(const Environment& environment) {
  if (const char* ranks = environment("OMPI_COMM_WORLD_SIZE"); ranks != nullptr)
    return std::string("mpirun -np ") + ranks + ' ';
  return environment("SLURM_STEP_NUM_TASKS") != nullptr ? "srun " : "";
}

}  // namespace

std::string resume_command(const std::vector<std::string>& arguments, const Environment& environment) {
  auto text = launcher(environment);
  for (const auto& argument : arguments) {
    if (argument != "--overwrite" && !argument.starts_with("--overwrite=")) text += quoted(argument) + ' ';
  }
  const bool has_resume = std::ranges::find(arguments, "--resume") != arguments.end();
  if (has_resume) text.pop_back();
  return has_resume ? text : text + "--resume";
}

}  // namespace infer
