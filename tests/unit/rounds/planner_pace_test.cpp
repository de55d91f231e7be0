// How well the dynamic schedule shares work between ranks of different speeds.
#include <catch2/catch.hpp>
#include <deque>
#include <limits>
#include <numeric>
#include <optional>
#include <random>

#include "rounds/planner.hpp"

using namespace infer;

namespace {

/// Time of a whole run over the least possible, with ranks of these speeds and chunks whose cost differs by
/// up to `spread`. Messages take no time.
double over_ideal(const std::vector<double>& speeds, std::uint64_t chunks, double spread = 0,
                  std::uint64_t max_backlog = 4) {
  PlannerConfig config;
  config.ranks = static_cast<int>(speeds.size());
  config.max_backlog = max_backlog;
  config.max_held = config.window = chunks;
  Planner planner(config);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> cost(1 - spread, 1 + spread);
  std::vector<std::deque<double>> waiting(speeds.size());
  std::vector<std::optional<double>> work_left(speeds.size());
  std::vector<std::uint64_t> done(speeds.size(), 0);
  double total = 0;
  double now = 0;
  for (std::uint64_t finished = 0; finished < chunks; ++finished) {
    const auto plans = planner.decide({}, {chunks, chunks}, false);
    double step = std::numeric_limits<double>::infinity();
    std::size_t next = 0;
    for (std::size_t r = 0; r < speeds.size(); ++r) {
      for (std::size_t i = 0; i < plans[r].grant.size(); ++i) total += waiting[r].emplace_back(cost(random));
      if (!work_left[r] && !waiting[r].empty()) {
        work_left[r] = waiting[r].front();
        waiting[r].pop_front();
      }
      if (work_left[r] && *work_left[r] / speeds[r] < step) step = *work_left[next = r] / speeds[r];
    }
    REQUIRE(step < std::numeric_limits<double>::infinity());
    for (auto& left : work_left) {
      if (left) *left -= step * speeds[static_cast<std::size_t>(&left - work_left.data())];
    }
    work_left[next].reset();
    now += step;
    planner.update(static_cast<int>(next), {++done[next], {}});
  }
  return now / (total / std::accumulate(speeds.begin(), speeds.end(), 0.0));
}

}  // namespace

TEST_CASE("planner: a slow rank is not waited for at the end, and equal ones share evenly") {
  CHECK(over_ideal({1, 0.25}, 33) < 1.07);
  CHECK(over_ideal({1, 0.1}, 33) < 1.05);
  CHECK(over_ideal({1, 0.05}, 33) < 1.3);  // two chunks before its pace is known
  CHECK(over_ideal({1, 1, 1, 0.25}, 65) < 1.12);
  CHECK(over_ideal({1, 0.125}, 1000, 0.1) < 1.01);
  CHECK(over_ideal({1, 1}, 32) == Approx(1));
  CHECK(over_ideal({1, 1, 1, 1, 1, 1, 1, 1}, 64) == Approx(1));
  CHECK(over_ideal(std::vector<double>(8, 1.0), 33, 0.1) < 1.25);
  for (const double speed : {0.9, 0.7, 0.5, 0.3, 0.2}) CHECK(over_ideal({1, speed}, 33, 0.1) < 1.1);
}
