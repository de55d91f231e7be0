#include "manual/help.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command_line/cli.hpp"
#include "flags/flag.hpp"
#include "manual/printed.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

std::string answer_to(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "infer");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  return parse_command_line(static_cast<int>(argv.size()), argv.data()).argument;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Long names, in the order of a help.
std::vector<std::string> flags_of(const std::string& help) {
  const std::regex flag("\n  (?:-[a-zA-Z], |    )--([a-z-]+)");
  std::vector<std::string> names;
  for (std::sregex_iterator match(help.begin(), help.end(), flag), end; match != end; ++match)
    names.push_back((*match)[1]);
  return names;
}

std::vector<std::string> all_flags() {
  std::vector<std::string> names;
  for (const auto& group : flag_groups()) {
    if (group.name == "General")
      names.insert(names.end(), {"help", "help-all", "version", "print", "config"});
    for (const auto& flag : group.flags) names.push_back(flag.name);
  }
  return names;
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  for (const auto& line : lines_of(text)) most = std::max(most, line.size());
  return most;
}

}  // namespace

TEST_CASE("help: all of it has the flags of the table, in its order, and what CLI11 does itself") {
  const auto help = answer_to({"--help-all"});
  CHECK(flags_of(help) == all_flags());
  CHECK_THAT(help, Contains("  -m, --model FILE\n") && Contains("  -i, --input FILE ...\n") &&
                       Contains("      --max-record-bytes SIZE [64MiB]\n") &&
                       Contains("      --comm-timeout TIME [25s]\n") &&
                       Contains("      --scores best|all [best]\n"));
}

TEST_CASE("help: the short one fits a terminal of 24 lines, and has only what the table marks") {
  const auto help = answer_to({"--help"});
  CHECK(lines_of(help).size() < 24);
  CHECK(widest(help) <= 80);
  std::vector<std::string> marked;
  for_each_flag([&](const Flag& flag) {
    if (!flag.brief.empty()) marked.push_back(flag.name);
  });
  CHECK(flags_of(help) == marked);
  CHECK(answer_to({"-h"}) == help);
}

TEST_CASE("help: a command's own has its operand and flags") {
  CHECK_THAT(answer_to({"merge", "--help"}),
             Contains("infer merge FOLDER ... [flags]") && Contains("-o, --output FILE"));
  CHECK_THAT(answer_to({"check", "--help"}), Contains("--json") && Contains("infer --help"));
}

TEST_CASE("print: man page and completions have every flag of the table") {
  for (const std::string form : {"man", "bash", "zsh", "fish"}) {
    INFO(form);
    const auto text = std::regex_replace(answer_to({"--print", form}), std::regex(R"(\\-)"), "-");
    for (const auto& name : all_flags()) {
      INFO(name);
      CHECK_THAT(text, Contains((form == "fish" ? "-l " : "--") + name));
    }
  }
}

TEST_CASE("print: job scripts are those of configs/slurm") {
  for (const std::string way : {"srun", "mpirun", "array"}) {
    std::ifstream file(SLURM_SCRIPTS "/infer-" + way + ".sbatch");
    std::ostringstream script;
    script << file.rdbuf();
    CHECK_THAT(script.str(), Contains("#SBATCH"));
    CHECK(answer_to({"--print", "slurm-" + way}) == script.str());
  }
}

TEST_CASE("print: another form is refused, with the one that may be meant") {
  CHECK_THAT(test::message_of<UsageError>([] {
               answer_to({"--print", "fsh"});
             }),
             Contains("--print fsh: choose one of man, bash, zsh, fish") && Contains("did you mean fish?"));
}
