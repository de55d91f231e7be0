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
  CHECK_THAT(binding_advice(1, 16, 4).value_or(""), Contains("--bind-to none") && Contains("PE=4") &&
                                                        Contains("--cpus-per-task=4") && Contains("16"));
  CHECK_FALSE(binding_advice(1, 4, 4).has_value());
  CHECK_FALSE(binding_advice(1, 1, 1).has_value());
  CHECK_FALSE(binding_advice(4, 16, 4).has_value());
  CHECK_FALSE(binding_advice(1, 4, 8).has_value());
}

TEST_CASE("cores: lists of them are short") {
  CHECK(core_list(std::vector<int>{}).empty());
  CHECK(core_list(std::vector{0, 1, 2, 3, 8, 10, 11}) == "0-3, 8, 10-11");
  CHECK(core_numbers().size() == static_cast<std::size_t>(available_cores()));
}

TEST_CASE("cores: ranks that have fewer together than they are many are told so") {
  const std::vector<int> two{0, 1};
  CHECK_FALSE(crowding_advice(std::vector{two, two}).has_value());
  CHECK_FALSE(crowding_advice(std::vector<std::vector<int>>{{0}, {1}}).has_value());
  CHECK_FALSE(crowding_advice(std::vector<std::vector<int>>{{}, {}}).has_value());
  CHECK_THAT(crowding_advice(std::vector<std::vector<int>>{{3}, {3}}).value_or(""),
             Contains("2 ranks share 1 core, 3") && Contains("--bind-to none"));
  CHECK_THAT(crowding_advice(std::vector{two, two, two}).value_or(""),
             Contains("3 ranks share 2 cores, 0-1"));
}
