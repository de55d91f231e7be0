#include "start/cpu_share.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

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
         " for " + std::to_string(local_size) +
         " rank(s); start with mpirun --bind-to none, or --map-by slot:PE=" + std::to_string(fair_share);
}

}  // namespace infer
