// What the environment tells about the launch before MPI_Init: who may print, and launches that cannot work.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace infer {

/// Like getenv: null when unset.
using Environment = std::function<const char*(const char* name)>;
const char* process_environment(const char* name);

/// This process's rank as far as the launcher (mpirun and mpiexec of any MPI, PMIx, srun, flux, jsrun,
/// torchrun) tells before MPI_Init; empty when started alone. For printing usage errors once: when empty or
/// 0.
std::optional<int> launcher_rank_hint(const Environment& environment = process_environment);

/// "mpirun (Open MPI)": who started this process, as far as the environment tells before MPI_Init; empty when
/// nobody did.
std::string launcher_name(const Environment& environment = process_environment);

/// Whether MPI is not needed: no launcher started this process, or one that says it wanted a single one.
bool is_started_alone(const Environment& environment = process_environment);

/// Slurm's barrier for ranks that exchange no data waits for nobody where the cluster has fewer nodes than
/// its TreeWidth (seen with 22.05), and MPI_Init relies on it: lib/decisions/comm.md. Whether the launcher is
/// srun's PMIx, which has that.
bool may_have_no_barrier(const Environment& environment = process_environment);

/// What to say, with the remedy, when MPI could not start; it has told why.
std::string failed_start_message(const std::string& host,
                                 const Environment& environment = process_environment);

/// Why these processes cannot become one job, with the remedy; empty when nothing speaks against it. A
/// launcher that this program's MPI does not know (plain srun without PMIx, another MPI's mpiexec, torchrun)
/// starts N processes that each believe to be alone, or that MPI_Init aborts without saying why. Call it
/// before MPI_Init with nothing, and after it with the number of ranks MPI found. All N processes come to the
/// same result.
std::string launch_problem(std::optional<int> mpi_size = std::nullopt,
                           const Environment& environment = process_environment);

/// The same for a process that MPI left alone, where the launcher says only which one it is: all but the
/// first can tell.
std::string lone_rank_problem(const Environment& environment = process_environment);

}  // namespace infer
