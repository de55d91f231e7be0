#include "report/throughput.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

Throughput::Step sum_of(const Throughput& throughput) {
  Throughput::Step sum;
  for (const auto& step : throughput.steps()) {
    sum.rows += step.rows;
    sum.tokens += step.tokens;
  }
  return sum;
}

}  // namespace

TEST_CASE("throughput: nothing has no steps") { CHECK(Throughput().steps().empty()); }

TEST_CASE("throughput: what is added falls into the step of its time, with empty ones between") {
  Throughput throughput;
  throughput.add(0, 1, 10);
  throughput.add(0.1, 2, 20);
  throughput.add(0.3, 4, 40);
  REQUIRE(throughput.steps().size() == 3);
  CHECK(throughput.steps()[0] == Throughput::Step{3, 30});
  CHECK(throughput.steps()[1] == Throughput::Step{0, 0});
  CHECK(throughput.steps()[2] == Throughput::Step{4, 40});
}

TEST_CASE("throughput: however long it takes, the steps are few and nothing is lost") {
  Throughput throughput;
  std::uint64_t added = 0;
  for (double seconds = 0; seconds < 1e6; seconds = seconds * 1.01 + 0.05) {
    throughput.add(seconds, 3, 7);
    ++added;
    REQUIRE(throughput.steps().size() <= Throughput::kMostSteps);
    REQUIRE(sum_of(throughput) == Throughput::Step{3 * added, 7 * added});
  }
  CHECK(throughput.steps().size() > Throughput::kMostSteps / 2);
  CHECK(throughput.step_seconds() * static_cast<double>(throughput.steps().size()) >= 9.8e5);
}

TEST_CASE("throughput: a first row after days is in the last step") {
  Throughput throughput;
  throughput.add(3e5, 5, 0);
  CHECK(throughput.steps().size() <= Throughput::kMostSteps);
  CHECK(throughput.steps().back().rows == 5);
}
