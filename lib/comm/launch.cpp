#include "comm/launch.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace infer {
namespace {

std::optional<int> number(const Environment& environment, const char* name) {
  const char* text = environment(name);
  if (text == nullptr) return std::nullopt;
  const char* end = text + std::strlen(text);
  int value = 0;
  const auto [rest, error] = std::from_chars(text, end, value);
  if (error != std::errc() || rest != end || text == end || value < 0) return std::nullopt;
  return value;
}

bool any_set(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (environment(name) != nullptr) return true;
  }
  return false;
}

}  // namespace

const char* process_environment(const char* name) { return std::getenv(name); }

std::optional<int> launcher_rank_hint(const Environment& environment) {
  // SLURM_PROCID comes last: under mpirun inside a Slurm job it is 0 for every rank.
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
    if (const auto rank = number(environment, name)) return rank;
  }
  return std::nullopt;
}

std::string launch_problem(std::optional<int> mpi_size, const Environment& environment) {
  const int tasks = number(environment, "SLURM_STEP_NUM_TASKS").value_or(1);
  const bool by_mpirun =
      any_set(environment, {"OMPI_COMM_WORLD_SIZE"}) || number(environment, "PMI_SIZE").value_or(0) == 1;
  if (tasks <= 1 || by_mpirun) return "";
  const bool can_meet = mpi_size ? *mpi_size > 1 : any_set(environment, {"PMIX_RANK", "PMI_RANK", "PMI_FD"});
  if (can_meet) return "";
  return "srun started " + std::to_string(tasks) +
         " tasks, but MPI cannot join them: each would score the whole input alone; start them with `srun "
         "--mpi=pmix` (`srun --mpi=list` shows what this Slurm offers), or with mpirun";
}

}  // namespace infer
