#include "resume_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string_view>

#include "base/text.hpp"

namespace infer {
namespace {

/// mpirun's own words, when the rest of its command line is the program with its `arguments`.
std::span<const std::string> launcher_words(std::span<const std::string> parent,
                                            std::span<const std::string> arguments) {
  constexpr std::array<std::string_view, 4> kLaunchers{"mpirun", "mpiexec", "orterun", "prterun"};
  if (parent.size() <= arguments.size()) return {};
  const auto program = parent.front().substr(parent.front().rfind('/') + 1);
  const auto own = parent.last(arguments.size()).subspan(1);
  const bool is_launcher = std::ranges::find(kLaunchers, program) != kLaunchers.end();
  return is_launcher && std::ranges::equal(own, arguments.subspan(1))
             ? parent.first(parent.size() - arguments.size())
             : std::span<const std::string>{};
}

/// srun is no parent of its tasks, so its own words are not to be seen.
std::string srun(const Environment& environment) {
  const char* tasks = environment("SLURM_STEP_NUM_TASKS");
  if (tasks == nullptr) return "";
  const char* nodes = environment("SLURM_STEP_NUM_NODES");
  return std::string(environment("PMIX_RANK") != nullptr ? "srun --mpi=pmix" : "srun") +
         (nodes != nullptr ? std::string(" --nodes=") + nodes : "") + " --ntasks=" + tasks + ' ';
}

std::string launcher(const Environment& environment, std::span<const std::string> words) {
  std::string text;
  for (const auto& word : words) text += shell_word(word) + ' ';
  if (!text.empty()) return text;
  if (const char* ranks = environment("OMPI_COMM_WORLD_SIZE"); ranks != nullptr)
    return std::string("mpirun -np ") + ranks + ' ';
  return srun(environment);
}

std::string shell_words(std::span<const std::string> words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(shell_word(word));
  return joined(quoted, " ");
}

}  // namespace

std::vector<std::string> parent_command() {
  std::ifstream file("/proc/" + std::to_string(::getppid()) + "/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(std::move(word));
  return words;
}

std::string typed_command(const std::vector<std::string>& arguments, const std::vector<std::string>& parent,
                          const Environment& environment) {
  return launcher(environment, launcher_words(parent, arguments)) + shell_words(arguments);
}

std::string resume_command(const std::vector<std::string>& arguments, const std::vector<std::string>& parent,
                           const Environment& environment) {
  auto text = launcher(environment, launcher_words(parent, arguments));
  for (const auto& argument : arguments) {
    if (argument != "--overwrite" && !argument.starts_with("--overwrite="))
      text += shell_word(argument) + ' ';
  }
  const bool has_resume = std::ranges::any_of(
      arguments, [](const auto& argument) { return argument == "--resume" || argument == "-r"; });
  if (has_resume) text.pop_back();
  return has_resume ? text : text + "--resume";
}

}  // namespace infer
