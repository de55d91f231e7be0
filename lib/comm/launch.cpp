#include "comm/launch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "comm/versions.hpp"

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

/// Who starts processes, and where it says how many and which one this is.
struct Launcher {
  const char* name;
  const char* size;
  const char* rank;
};

constexpr Launcher kOpenMpi{"mpirun (Open MPI)", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"};
constexpr Launcher kHydra{"mpiexec (MPICH, Intel MPI)", "PMI_SIZE", "PMI_RANK"};
constexpr Launcher kSlurm{"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"};
constexpr Launcher kTorchrun{"torchrun", "WORLD_SIZE", "RANK"};
constexpr std::array kLaunchers{kOpenMpi,
                                kHydra,
                                Launcher{"mpirun (MVAPICH)", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"},
                                Launcher{"mpiexec", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
                                Launcher{"jsrun", "JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK"},
                                Launcher{"flux", "FLUX_JOB_SIZE", "FLUX_TASK_RANK"},
                                kSlurm,
                                kTorchrun};

/// What says the rank only.
constexpr std::array kRankNames{"PMIX_RANK", "PALS_RANKID", "ALPS_APP_PE"};

/// A size alone may be left over from another job, as SLURM_NTASKS and WORLD_SIZE often are.
int started_by(const Launcher& launcher, const Environment& environment) {
  return number(environment, launcher.rank) ? number(environment, launcher.size).value_or(1) : 1;
}

/// Whoever started this process last wanted one: what else the environment says is about processes around it.
bool wanted_alone(const Launcher& other, const Environment& environment) {
  const auto says_one = [&](const Launcher& launcher) {
    return number(environment, launcher.size).value_or(0) == 1;
  };
  return says_one(kOpenMpi) || (says_one(kHydra) && other.size != kTorchrun.size);
}

constexpr const char* kSrunRemedy =
    "start them with `srun --mpi=pmix` (`srun --mpi=list` shows what this Slurm offers), or with mpirun";

std::string srun_problem(int tasks) {
  return "srun started " + std::to_string(tasks) +
         " tasks, but MPI cannot join them: each would score the whole input alone; " + kSrunRemedy;
}

/// What srun told its tasks of MPI (PMI-2, say) ends the MPI that was built for something else.
bool is_foreign_srun(const Environment& environment) {
  return started_by(kSlurm, environment) > 1 && !number(environment, "PMIX_RANK") &&
         !number(environment, kOpenMpi.rank);
}

std::string unjoined(const std::string& who, const std::string& variable) {
  return who + " (" + variable + "), but the MPI of this program, " + mpi_version() +
         ", is alone: each process would score the whole input; start them with the mpirun of this MPI, or "
         "unset " +
         variable + " where one process is to work alone";
}

// SLURM_PROCID comes late: under mpirun inside a Slurm job it is 0 for every rank.
constexpr std::array kRankHints{
    kOpenMpi.rank,        "PMIX_RANK",      kHydra.rank,   "MV2_COMM_WORLD_RANK", "MPI_LOCALRANKID",
    "JSM_NAMESPACE_RANK", "FLUX_TASK_RANK", "PALS_RANKID", "ALPS_APP_PE",         kSlurm.rank};

bool is_pmix_of_slurm(const Environment& environment) {
  const char* space = environment("PMIX_NAMESPACE");
  return space != nullptr && std::string_view(space).starts_with("slurm.pmix.");
}

/// PMIx tells no size; where it is not srun's, others may have been started too.
bool is_pmix_of_others(const Environment& environment) {
  return number(environment, "PMIX_RANK") && !is_pmix_of_slurm(environment);
}

/// `srun --pty bash` with one task, or a batch script: Slurm says so, and nobody else has started several.
bool is_only_slurm_task(const Environment& environment) {
  if (!number(environment, kSlurm.rank) || number(environment, kSlurm.size).value_or(1) != 1) return false;
  return !is_pmix_of_others(environment) && std::ranges::all_of(kLaunchers, [&](const Launcher& launcher) {
    return started_by(launcher, environment) <= 1;
  });
}

}  // namespace

const char* process_environment(const char* name) { return std::getenv(name); }

std::optional<int> launcher_rank_hint(const Environment& environment) {
  for (const char* name : kRankHints) {
    if (const auto rank = number(environment, name)) return rank;
  }
  if (started_by(kTorchrun, environment) > 1) return number(environment, kTorchrun.rank);
  return std::nullopt;
}

std::string launcher_name(const Environment& environment) {
  if (!launcher_rank_hint(environment)) return "";
  for (const auto& launcher : kLaunchers) {
    if (number(environment, launcher.rank)) return launcher.name;
  }
  return "a launcher of PMIx";
}

bool is_started_alone(const Environment& environment) {
  return !launcher_rank_hint(environment) || number(environment, kOpenMpi.size) == 1 ||
         number(environment, kHydra.size) == 1 || is_only_slurm_task(environment);
}

bool may_have_no_barrier(const Environment& environment) {
  return number(environment, "PMIX_RANK") && is_pmix_of_slurm(environment);
}

std::string failed_start_message(const std::string& host, const Environment& environment) {
  const auto what = "MPI could not start on host " + host + ", for the reason above; ";
  if (is_foreign_srun(environment))
    return what + "srun started its tasks for another MPI than this program's, " + mpi_version() + ": " +
           kSrunRemedy;
  std::string variables;
  for (const char* name : kRankHints) {
    if (environment(name) != nullptr) variables += std::string(" -u ") + name;
  }
  return what +
         "one mpirun or srun can start one MPI program: give each infer its own, "
         "and where one is to work alone, start it as `env" +
         variables + " infer ...`";
}

std::string launch_problem(std::optional<int> mpi_size, const Environment& environment) {
  if (mpi_size.value_or(1) > 1) return "";
  const bool may_meet = !mpi_size && any_set(environment, {"PMIX_RANK", "PMI_RANK", "PMI_FD"});
  for (const auto& launcher : kLaunchers) {
    const int processes = started_by(launcher, environment);
    if (processes <= 1 || may_meet || wanted_alone(launcher, environment)) continue;
    if (launcher.size == kSlurm.size) return srun_problem(processes);
    // Which of the others MPI can join shows when it has started.
    if (!mpi_size && launcher.size != kTorchrun.size) continue;
    return unjoined(std::string(launcher.name) + " started " + std::to_string(processes) + " processes",
                    launcher.size);
  }
  return "";
}

std::string lone_rank_problem(const Environment& environment) {
  for (const char* name : kRankNames) {
    const int rank = number(environment, name).value_or(0);
    if (rank > 0 && !wanted_alone(kSlurm, environment))
      return unjoined("this process was started as number " + std::to_string(rank) + " of several", name);
  }
  return "";
}

}  // namespace infer
