#include "check/host_memory.hpp"

#include <catch2/catch.hpp>

using namespace infer;

TEST_CASE("host memory: what is available and what can be swapped out") {
  CHECK(parse_meminfo("MemTotal: 9 kB\nMemFree:  1 kB\nMemAvailable:     4 kB\nSwapFree:  3 kB\n") ==
        7 * 1024);
  CHECK(parse_meminfo("MemAvailable: 4 kB\n") == 4 * 1024);
  CHECK_FALSE(parse_meminfo("MemTotal: 9 kB\n").has_value());
  CHECK_FALSE(parse_meminfo("").has_value());
  CHECK(available_memory().value_or(0) > 0);
}

TEST_CASE("host memory: a control group's limit without what is used and not given back") {
  CHECK(room_in_group("1000\n", "600\n", 0) == 400);
  CHECK(room_in_group("1000\n", "600\n", 200) == 600);
  CHECK(room_in_group("1000\n", "600\n", 700) == 1000);
  CHECK(room_in_group("1000\n", "1600\n", 0) == 0);
  CHECK_FALSE(room_in_group("max\n", "600\n", 0).has_value());
  CHECK_FALSE(room_in_group("9223372036854771712\n", "600\n", 0).has_value());
  CHECK_FALSE(room_in_group("", "", 0).has_value());
}
