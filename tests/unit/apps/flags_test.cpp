#include "config/flags.hpp"

#include <algorithm>
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
  const auto help = parse_command_line(2, argv.data()).answer.value();
  const std::regex flag("\n  (?:-[a-zA-Z],)?--([a-z-]+)");
  std::vector<std::string> names;
  for (std::sregex_iterator match(help.begin(), help.end(), flag), end; match != end; ++match)
    names.push_back((*match)[1]);
  return names;
}

}  // namespace

TEST_CASE("flags: every flag of the help has an effect class, and none is listed that is no flag") {
  auto helped = flags_of_help();
  std::vector<std::string> listed;
  for (const auto& flag : kFlags) listed.emplace_back(flag.name);
  std::ranges::sort(helped);
  std::ranges::sort(listed);
  CHECK(helped == listed);
}
