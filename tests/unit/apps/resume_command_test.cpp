#include "resume_command.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "unit/base/scratch_folder.hpp"

using namespace infer;
using infer::test::ScratchFolder;

namespace {

Environment environment_of(const std::map<std::string, std::string>& variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

std::string command(std::vector<std::string> arguments,
                    const std::map<std::string, std::string>& variables = {},
                    const std::vector<std::string>& parent = {}) {
  arguments.insert(arguments.begin(), "infer");
  return resume_command(arguments, parent, environment_of(variables));
}

}  // namespace

TEST_CASE("resume command: the command as it was, and --resume") {
  CHECK(command({}) == "infer --resume");
  CHECK(command({"-m", "a.pt", "--input=b.jsonl", "-o", "/x/c-1_2.jsonl", "--max-errors", "1%"}) ==
        "infer -m a.pt --input=b.jsonl -o /x/c-1_2.jsonl --max-errors 1% --resume");
}

TEST_CASE("resume command: --resume is not said twice, and --overwrite not again") {
  CHECK(command({"--resume", "-q"}) == "infer --resume -q");
  CHECK(command({"-q", "--resume"}) == "infer -q --resume");
  CHECK(command({"-r", "-q"}) == "infer -r -q");
  CHECK(command({"--overwrite", "-q"}) == "infer -q --resume");
  CHECK(command({"-q", "--overwrite=true"}) == "infer -q --resume");
  CHECK(command({"--retry-errors"}) == "infer --retry-errors --resume");
}

TEST_CASE("resume command: starts as many ranks as there were, the way they were started") {
  CHECK(command({"-q"}, {{"OMPI_COMM_WORLD_SIZE", "4"}}) == "mpirun -np 4 infer -q --resume");
  CHECK(command({"-q"}, {{"SLURM_STEP_NUM_TASKS", "8"}}) == "srun --ntasks=8 infer -q --resume");
  CHECK(command({"-q"}, {{"SLURM_STEP_NUM_TASKS", "8"}, {"SLURM_STEP_NUM_NODES", "2"}, {"PMIX_RANK", "0"}}) ==
        "srun --mpi=pmix --nodes=2 --ntasks=8 infer -q --resume");
  CHECK(command({"-q"}, {{"OMPI_COMM_WORLD_SIZE", "4"}, {"SLURM_STEP_NUM_TASKS", "1"}}) ==
        "mpirun -np 4 infer -q --resume");
}

TEST_CASE("resume command: mpirun's own options stay") {
  const std::map<std::string, std::string> two{{"OMPI_COMM_WORLD_SIZE", "2"}};
  CHECK(command({"-q"}, two, {"/usr/bin/mpirun", "--map-by", "slot:PE=4", "-x", "A=b c", "./infer", "-q"}) ==
        "/usr/bin/mpirun --map-by slot:PE=4 -x 'A=b c' infer -q --resume");
  CHECK(command({}, two, {"mpiexec", "-n", "2", "infer"}) == "mpiexec -n 2 infer --resume");
  for (const std::vector<std::string>& other :
       {std::vector<std::string>{"mpirun", "-np", "2", "wrapper", "-v"},
        {"bash", "-c", "infer -q"},
        {"bash", "-q"},
        {"-q"}})
    CHECK(command({"-q"}, two, other) == "mpirun -np 2 infer -q --resume");
}

TEST_CASE("resume command: a shell reads back every word as it was, from one line") {
  const std::vector<std::string> words{
      "",     " ",   "a b", "it's",     "'",           "''",    "\"q\"", "$HOME",     "`id`",
      "a\\b", "\\",  "*",   "?",        "[a]",         "{a,b}", "~",     "a;b",       "a&b",
      "a|b",  "a>b", "#a",  "!x",       "line\nbreak", "\n",    "'\n'",  "tab\there", "(a)",
      "x=1",  "%1",  "^a",  "\xC3\xA4", "-o",          "a\rb"};
  const auto text = command(words);
  CHECK(text.find('\n') == std::string::npos);
  const ScratchFolder folder;
  const auto script = folder.write(
      "script", "infer() { printf '%s\\0' \"$@\" >" + folder.path("words") + "; }\n" + text + "\n");
  REQUIRE(std::system(("bash " + script).c_str()) == 0);
  std::string expected;
  for (const auto& word : words) expected += word + '\0';
  expected += std::string("--resume") + '\0';
  CHECK(folder.read("words") == expected);
}
