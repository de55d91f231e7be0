#include "report/gates.hpp"

#include <catch2/catch.hpp>

using namespace infer;
using Catch::Contains;

TEST_CASE("gates: a rate of errors at its limit passes, one record more does not") {
  CHECK(error_rate_gate(1, 0, 0).passed);
  CHECK(error_rate_gate(0, 0, 100).passed);
  CHECK(error_rate_gate(1, 1, 100).passed);
  CHECK(error_rate_gate(1, 1, 100).reason.empty());
  const auto gate = error_rate_gate(1, 2, 100);
  CHECK_FALSE(gate.passed);
  CHECK(gate.value == 2);
  CHECK(gate.reason == "2 of 100 records failed, 2 %, more than --fail-on-error-rate 1% allows: exit code 1");
  CHECK_FALSE(error_rate_gate(0, 1, 1'000'000'000).passed);
}

TEST_CASE("gates: as many errors as are allowed pass, as a count or as a share") {
  CHECK(errors_gate({2, false}, 2, 10).passed);
  CHECK_FALSE(errors_gate({2, false}, 3, 10).passed);
  CHECK(errors_gate({50, true}, 5, 10).passed);
  CHECK(errors_gate({50, true}, 6, 10).reason ==
        "6 of 10 records failed, more than --max-errors 50% allows: exit code 1");
}

TEST_CASE("gates: a run at the limit of its speed passes, a slower one says what to look at") {
  CHECK(speed_gate(100, 100).passed);
  const auto gate = speed_gate(100, 99.5);
  CHECK_FALSE(gate.passed);
  CHECK_THAT(gate.reason,
             Contains("99.5 rows/s, fewer than --min-rows-per-second 100") && Contains("--report"));
}
