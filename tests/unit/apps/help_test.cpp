#include "flags/flag.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <regex>
#include <string>
#include <vector>

#include "cli.hpp"

using namespace infer;

namespace {

/// Long names, in the order of the help.
std::vector<std::string> flags_of_help() {
  std::array arguments{std::string("infer"), std::string("--help")};
  std::array<char*, 2> argv{arguments[0].data(), arguments[1].data()};
  const auto help = parse_command_line(2, argv.data()).argument;
  const std::regex flag("\n  (?:-[a-zA-Z],)?--([a-z-]+)");
  std::vector<std::string> names;
  for (std::sregex_iterator match(help.begin(), help.end(), flag), end; match != end; ++match)
    names.push_back((*match)[1]);
  return names;
}

}  // namespace

TEST_CASE("flags: the help has those of the table, in its order, and what CLI11 does itself") {
  std::vector<std::string> listed;
  for (const auto& group : flag_groups()) {
    if (group.name == "General") listed.insert(listed.end(), {"help", "version", "config"});
    for (const auto& flag : group.flags) listed.push_back(flag.name);
  }
  CHECK(flags_of_help() == listed);
}
