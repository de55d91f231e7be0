#include "start/cpu_share.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace infer {

int available_cores() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return host_cores();
  return std::max(1, CPU_COUNT(&mask));
}

int host_cores() { return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))); }

int cores_per_rank(int mask_cores, int host_cores, int local_size) {
  const bool bound = mask_cores < host_cores;
  return bound ? mask_cores : std::max(1, mask_cores / local_size);
}

std::optional<std::string> binding_advice(int mask_cores, int host_cores, int local_size) {
  const int fair_share = host_cores / local_size;
  if (mask_cores > 1 || fair_share <= 1) return std::nullopt;
  return "the launcher bound this rank to 1 core, though the host has " + std::to_string(host_cores) +
         " for " + counted(local_size, "rank") +
         "; start with mpirun --bind-to none, or --map-by slot:PE=" + std::to_string(fair_share) +
         ", or with srun --cpus-per-task=" + std::to_string(fair_share);
}

std::vector<int> core_numbers() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::vector<int> numbers;
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return numbers;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &mask)) numbers.push_back(static_cast<int>(core));
  }
  return numbers;
}

std::string core_list(std::span<const int> numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    const auto first = i++;
    while (i < numbers.size() && numbers[i] == numbers[i - 1] + 1) ++i;
    text.append(text.empty() ? "" : ", ").append(std::to_string(numbers[first]));
    if (i - first > 1) text.append("-").append(std::to_string(numbers[i - 1]));
  }
  return text;
}

std::optional<std::string> crowding_advice(std::span<const std::vector<int>> ranks) {
  std::set<int> all;
  for (const auto& cores : ranks) all.insert(cores.begin(), cores.end());
  if (all.empty() || all.size() >= ranks.size()) return std::nullopt;
  const std::vector<int> numbers(all.begin(), all.end());
  return std::to_string(ranks.size()) + " ranks share " + counted(numbers.size(), "core") + ", " +
         core_list(numbers) +
         ", so that they wait for each other; start fewer ranks, or give each cores of its own with mpirun "
         "--bind-to none or srun --cpus-per-task";
}

}  // namespace infer
