#include "start/cpu_share.hpp"

#include <catch2/catch.hpp>

using namespace infer;
using Catch::Matchers::Contains;

TEST_CASE("cores: the mask when the launcher bound the rank, else an equal share, at least one") {
  CHECK(cores_per_rank(16, 16, 1) == 16);
  CHECK(cores_per_rank(16, 16, 4) == 4);
  CHECK(cores_per_rank(16, 16, 5) == 3);
  CHECK(cores_per_rank(2, 2, 8) == 1);
  CHECK(cores_per_rank(4, 16, 4) == 4);
  CHECK(cores_per_rank(1, 16, 4) == 1);
  CHECK(available_cores() >= 1);
  CHECK(host_cores() >= available_cores());
}

TEST_CASE("cores: a rank bound to one core of many is told how to launch better") {
  CHECK_THAT(binding_advice(1, 16, 4).value_or(""),
             Contains("--bind-to none") && Contains("PE=4") && Contains("16"));
  CHECK_FALSE(binding_advice(1, 4, 4).has_value());
  CHECK_FALSE(binding_advice(1, 1, 1).has_value());
  CHECK_FALSE(binding_advice(4, 16, 4).has_value());
  CHECK_FALSE(binding_advice(1, 4, 8).has_value());
}
