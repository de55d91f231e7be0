#include "comm/launch.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

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

TEST_CASE("launch: srun's own PMIx may have no barrier, mpirun's inside a job has") {
  CHECK(may_have_no_barrier(environment({{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "slurm.pmix.41.0"}})));
  CHECK_FALSE(may_have_no_barrier(environment({{"PMIX_NAMESPACE", "slurm.pmix.41.0"}})));
  CHECK_FALSE(may_have_no_barrier(
      environment({{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "3791650817"}, {"SLURM_PROCID", "0"}})));
  CHECK_FALSE(may_have_no_barrier(environment({{"SLURM_PROCID", "1"}})));
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
  const auto pmix = environment({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "1"}, {"PMIX_RANK", "1"}});
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

TEST_CASE(
    "launch: any launcher that started several while MPI is alone is a problem, with variable and remedy") {
  const std::vector<std::pair<std::string, std::string>> launchers{
      {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
      {"PMI_SIZE", "PMI_RANK"},
      {"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"},
      {"MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
      {"JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK"},
      {"FLUX_JOB_SIZE", "FLUX_TASK_RANK"},
      {"WORLD_SIZE", "RANK"}};
  for (const auto& [size, rank] : launchers) {
    INFO(size);
    const auto several = environment({{size, "3"}, {rank, "2"}});
    CHECK(launcher_rank_hint(several) == 2);
    CHECK_THAT(launch_problem(1, several),
               Contains("started 3 processes (" + size + ")") && Contains("unset " + size));
    CHECK(launch_problem(3, several).empty());
    CHECK(launch_problem(1, environment({{size, "1"}, {rank, "0"}})).empty());
    CHECK(launch_problem(1, environment({{size, "3"}})).empty());
    CHECK(launch_problem(1, environment({{size, ""}, {rank, ""}})).empty());
  }
}

TEST_CASE("launch: MPI is not needed where one process was wanted, nor outside of launchers") {
  CHECK(is_started_alone(environment({})));
  CHECK(is_started_alone(environment({{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}})));
  CHECK(is_started_alone(environment({{"PMI_SIZE", "1"}, {"PMI_RANK", "0"}})));
  CHECK(is_started_alone(environment({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}})));
  const std::map<std::string, std::string> step{{"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}};
  const auto in_step = [&](std::map<std::string, std::string> more) {
    more.insert(step.begin(), step.end());
    return is_started_alone(environment(std::move(more)));
  };
  CHECK(in_step({}));
  CHECK(in_step({{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "slurm.pmix.7.0"}}));
  CHECK_FALSE(in_step({{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "prterun-node-7@1"}}));
  CHECK_FALSE(in_step({{"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "0"}}));
  CHECK_FALSE(in_step({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}}));
}

TEST_CASE("launch: several ranks need MPI") {
  CHECK_FALSE(is_started_alone(environment({{"SLURM_STEP_NUM_TASKS", "2"}, {"SLURM_PROCID", "0"}})));
  CHECK_FALSE(is_started_alone(environment({{"PMIX_RANK", "0"}})));
}

TEST_CASE("launch: before MPI_Init only what no MPI can join is a problem") {
  const auto hydra = environment({{"PMI_SIZE", "2"}, {"PMI_RANK", "0"}});
  CHECK(launch_problem(std::nullopt, hydra).empty());
  const auto torchrun = environment({{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"LOCAL_RANK", "0"}});
  CHECK_THAT(launch_problem(std::nullopt, torchrun), Contains("torchrun started 2 processes"));
}

TEST_CASE("launch: mpirun of one inside of something larger is meant to work alone") {
  const std::map<std::string, std::string> variables{
      {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "3"},
      {"WORLD_SIZE", "2"},           {"RANK", "1"},
      {"FLUX_JOB_SIZE", "8"},        {"FLUX_TASK_RANK", "5"},
      {"PALS_RANKID", "2"},          {"OMPI_COMM_WORLD_SIZE", "1"},
      {"OMPI_COMM_WORLD_RANK", "0"}};
  CHECK(launch_problem(1, environment(variables)).empty());
  CHECK(lone_rank_problem(environment(variables)).empty());
}

TEST_CASE("launch: torchrun inside of a Slurm step of one task is a problem") {
  const auto inside = environment({{"SLURM_STEP_NUM_TASKS", "1"},
                                   {"SLURM_PROCID", "0"},
                                   {"PMI_SIZE", "1"},
                                   {"PMI_RANK", "0"},
                                   {"WORLD_SIZE", "2"},
                                   {"RANK", "1"}});
  CHECK_THAT(launch_problem(1, inside), Contains("torchrun started 2 processes (WORLD_SIZE)"));
}

TEST_CASE("launch: where only the rank is told, all but the first can tell that there are others") {
  for (const char* name : {"PMIX_RANK", "PALS_RANKID", "ALPS_APP_PE"}) {
    INFO(name);
    CHECK_THAT(lone_rank_problem(environment({{name, "1"}})),
               Contains("number 1 of several") && Contains(name));
    CHECK(lone_rank_problem(environment({{name, "0"}})).empty());
  }
}

TEST_CASE(
    "launch: where MPI could not start, srun's kind of MPI is what to change, elsewhere the second program") {
  std::map<std::string, std::string> variables{
      {"SLURM_STEP_NUM_TASKS", "2"}, {"SLURM_PROCID", "1"}, {"PMI_RANK", "1"}, {"PMI_SIZE", "2"}};
  CHECK_THAT(failed_start_message("h1", environment(variables)),
             Contains("on host h1") && Contains("srun --mpi=pmix"));
  variables["PMIX_RANK"] = "1";
  CHECK_THAT(failed_start_message("h1", environment(variables)),
             Contains("`env -u PMIX_RANK -u PMI_RANK -u SLURM_PROCID infer"));
}

TEST_CASE("versions: each is one short line") {
  for (const std::string& version : {mpi_version(), nccl_version()}) {
    CHECK_FALSE(version.empty());
    CHECK(version.size() < 60);
    CHECK(version.find_first_of(",\n") == std::string::npos);
  }
}

TEST_CASE("launch: who started a process has a name") {
  CHECK(launcher_name(environment({})).empty());
  CHECK(launcher_name(environment({{"WORLD_SIZE", "8"}})).empty());
  CHECK(launcher_name(environment({{"OMPI_COMM_WORLD_RANK", "0"}, {"SLURM_PROCID", "0"}})) ==
        "mpirun (Open MPI)");
  CHECK(launcher_name(environment({{"SLURM_PROCID", "1"}, {"PMIX_RANK", "1"}})) == "srun");
  CHECK(launcher_name(environment({{"PMIX_RANK", "0"}})) == "a launcher of PMIx");
}
