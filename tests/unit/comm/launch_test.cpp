#include "comm/launch.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "comm/versions.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

}  // namespace

TEST_CASE("launch: no rank is known for a process started alone") {
  CHECK_FALSE(launcher_rank_hint(environment({})).has_value());
  CHECK(launch_problem(std::nullopt, environment({})).empty());
  CHECK(launch_problem(1, environment({})).empty());
}

TEST_CASE("launch: the rank of mpirun inside a Slurm job is Open MPI's, not SLURM_PROCID") {
  const auto inside = environment({{"OMPI_COMM_WORLD_RANK", "3"},
                                   {"OMPI_COMM_WORLD_SIZE", "4"},
                                   {"SLURM_PROCID", "0"},
                                   {"PMIX_RANK", "3"}});
  CHECK(launcher_rank_hint(inside) == 3);
}

TEST_CASE("launch: the rank of srun is PMIx's, or the task number without PMIx") {
  CHECK(launcher_rank_hint(environment({{"PMIX_RANK", "2"}, {"SLURM_PROCID", "2"}})) == 2);
  CHECK(launcher_rank_hint(environment({{"SLURM_PROCID", "1"}})) == 1);
  CHECK(launcher_rank_hint(environment({{"PMI_RANK", "5"}})) == 5);
}

TEST_CASE("launch: a variable that is not a number is passed over") {
  CHECK_FALSE(launcher_rank_hint(environment({{"PMIX_RANK", ""}})).has_value());
  CHECK_FALSE(launcher_rank_hint(environment({{"PMIX_RANK", "-1"}})).has_value());
  CHECK(launcher_rank_hint(environment({{"PMIX_RANK", "2x"}, {"SLURM_PROCID", "4"}})) == 4);
}

TEST_CASE("launch: plain srun of several tasks is a problem before MPI_Init, with the remedy") {
  const auto plain = environment({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "1"}});
  CHECK_THAT(launch_problem(std::nullopt, plain), Contains("4 tasks") && Contains("srun --mpi=pmix"));
}

TEST_CASE("launch: srun with PMIx is fine unless MPI then finds one rank only") {
  const auto pmix = environment({{"SLURM_STEP_NUM_TASKS", "4"}, {"PMIX_RANK", "1"}});
  CHECK(launch_problem(std::nullopt, pmix).empty());
  CHECK(launch_problem(4, pmix).empty());
  CHECK_THAT(launch_problem(1, pmix), Contains("score the whole input alone"));
}

TEST_CASE("launch: one task, a batch script, and mpirun in a Slurm job are no problem") {
  CHECK(launch_problem(1, environment({{"SLURM_STEP_NUM_TASKS", "1"}})).empty());
  CHECK(launch_problem(1, environment({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}})).empty());
  CHECK(
      launch_problem(1, environment({{"SLURM_STEP_NUM_TASKS", "2"}, {"OMPI_COMM_WORLD_SIZE", "1"}})).empty());
}

TEST_CASE("versions: each is one short line") {
  for (const std::string& version : {mpi_version(), nccl_version()}) {
    CHECK_FALSE(version.empty());
    CHECK(version.size() < 60);
    CHECK(version.find_first_of(",\n") == std::string::npos);
  }
}
