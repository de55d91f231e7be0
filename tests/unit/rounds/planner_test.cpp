#include "rounds/planner.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "base/error.hpp"
#include "unit/rounds/simulation.hpp"

using namespace infer;
using test::known;
using test::SimulatedSource;
using test::Simulation;

namespace {

PlannerConfig config_of(int ranks, Schedule schedule = Schedule::dynamic_grants) {
  PlannerConfig config;
  config.ranks = ranks;
  config.schedule = schedule;
  return config;
}

std::vector<std::vector<std::uint64_t>> grants(const std::vector<Orders>& plans) {
  std::vector<std::vector<std::uint64_t>> all;
  for (const auto& plan : plans) all.push_back(plan.grant);
  return all;
}

Supply all_of(std::uint64_t chunks) { return {chunks, chunks}; }

Status finished(std::uint64_t predicted, std::vector<ReadyChunk> ready) {
  return {predicted, std::move(ready), ""};
}

}  // namespace

TEST_CASE(
    "planner: whatever the speeds, every chunk is granted and shipped once, within the limits, to the end") {
  unsigned seed = 0;
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    for (int ranks = 1; ranks <= 8; ++ranks) {
      for (const std::uint64_t chunks : {0U, 1U, 2U, 7U, 8U, 9U, 63U, 200U}) {
        for (const bool tiny : {false, true}) {
          auto config = config_of(ranks, schedule);
          std::mt19937 random(++seed);
          config.max_backlog = tiny ? 1 : 1 + random() % 6;
          config.max_held = tiny ? 1 : config.max_backlog + random() % 6;
          config.window = tiny ? 1 + random() % 2 : 1 + random() % 100;
          config.max_waiting_bytes = tiny ? random() % 2 : random() % 20'000;
          config.ship_at_bytes = random() % 5000;
          INFO("ranks " << ranks << " chunks " << chunks << " static "
                        << (schedule == Schedule::static_slices) << " seed " << seed << " backlog "
                        << config.max_backlog << " held " << config.max_held << " window " << config.window
                        << " waiting " << config.max_waiting_bytes);
          CHECK(Simulation(config, known(chunks), seed).run());
          Simulation open(config, {chunks, 1 + seed % 20}, seed);
          CHECK(open.run());
          CHECK(open.is_without_gaps());
        }
      }
    }
  }
}

TEST_CASE(
    "planner: in runs, every chunk is granted once, a run's all to one rank in order, within the window") {
  unsigned seed = 5000;
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    for (int ranks = 1; ranks <= 5; ++ranks) {
      for (const std::uint64_t run_chunks : {2U, 3U, 7U, 300U}) {
        for (const std::uint64_t chunks : {0U, 1U, 6U, 20U, 200U}) {
          auto config = config_of(ranks, schedule);
          std::mt19937 random(++seed);
          config.run_chunks = run_chunks;
          config.max_backlog = 1 + random() % 5;
          config.max_held = config.max_backlog + random() % 5;
          config.window = 1 + random() % 9;
          config.max_waiting_bytes = random() % 20'000;
          INFO("ranks " << ranks << " run " << run_chunks << " chunks " << chunks << " static "
                        << (schedule == Schedule::static_slices) << " seed " << seed);
          Simulation whole(config, known(chunks), seed);
          CHECK(whole.run());
          for (std::size_t id = 0; id < chunks && schedule == Schedule::static_slices; ++id)
            CHECK(whole.rank_of_chunk()[id] == id / run_chunks % static_cast<std::size_t>(ranks));
          CHECK(Simulation(config, {chunks, 1 + seed % 20}, seed).run());
          config.first_chunk = chunks / run_chunks / 2 * run_chunks;
          CHECK(Simulation(config, known(chunks), seed).run());
          config.first_chunk = chunks;  // also of an input that ends within a run
          CHECK(Simulation(config, known(chunks), seed).run());
        }
      }
    }
  }
}

TEST_CASE("planner: asked to stop, runs that are begun come to their end, and no others begin") {
  unsigned seed = 7000;
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    for (int ranks = 1; ranks <= 5; ++ranks) {
      for (int steps = 0; steps < 60; steps += 3) {
        auto config = config_of(ranks, schedule);
        config.run_chunks = 2 + ++seed % 7;
        config.max_backlog = 1 + seed % 3;
        config.window = 1 + seed % 5;
        INFO("ranks " << ranks << " steps " << steps << " seed " << seed);
        for (const auto& source : {known(100), SimulatedSource{100, 1 + seed % 20}}) {
          Simulation simulation(config, source, seed);
          CHECK(simulation.drain_after(steps));
          CHECK((simulation.written() % config.run_chunks == 0 || simulation.written() == 100));
        }
      }
    }
  }
}

TEST_CASE("planner: static puts chunk i on rank i mod N") {
  for (int ranks = 1; ranks <= 8; ++ranks) {
    Simulation simulation(config_of(ranks, Schedule::static_slices), known(50),
                          99U + static_cast<unsigned>(ranks));
    REQUIRE(simulation.run());
    for (std::size_t id = 0; id < 50; ++id)
      CHECK(simulation.rank_of_chunk()[id] == id % static_cast<std::size_t>(ranks));
  }
}

TEST_CASE("planner: dynamic spreads the first N chunks over N ranks") {
  for (int ranks = 1; ranks <= 8; ++ranks) {
    Planner planner(config_of(ranks));
    std::set<std::uint64_t> first;
    for (const auto& plan : planner.decide({}, all_of(1000), false)) first.insert(plan.grant.at(0));
    CHECK(first.size() == static_cast<std::size_t>(ranks));
    CHECK(*first.rbegin() == static_cast<std::uint64_t>(ranks) - 1);
  }
}

TEST_CASE(
    "planner: dynamic gives few chunks in advance at first and towards the end, one rank alone always all") {
  auto config = config_of(2);
  config.max_backlog = 4;
  config.max_held = 100;
  config.window = 100;
  Planner planner(config);
  std::vector<std::uint64_t> done(2, 0);
  std::uint64_t granted = 0;
  std::vector<std::uint64_t> most;  // that a rank has before it, once so many are granted
  while (granted < 60) {
    for (const auto& plan : planner.decide({}, all_of(60), false)) granted += plan.grant.size();
    most.push_back(std::max(planner.granted(0) - done[0], planner.granted(1) - done[1]));
    for (int rank : {0, 1}) {
      auto& predicted = done[static_cast<std::size_t>(rank)];
      if (predicted < planner.granted(rank)) ++predicted;
      planner.update(rank, {predicted, {}});
    }
  }
  CHECK(most.front() == 2);
  CHECK(most.back() == 1);
  const auto peak = std::ranges::max_element(most);
  CHECK(*peak == 4);
  CHECK(std::is_sorted(peak, most.end(), std::greater{}));

  config.ranks = 1;
  CHECK(Planner(config).decide({}, all_of(3), false)[0].grant.size() == 3);
}

TEST_CASE("planner: with an open end nothing is granted that is not there, and what is there in advance") {
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    Planner planner(config_of(2, schedule));
    for (const auto& plan : planner.decide({}, {}, false)) CHECK(is_idle(plan));
    CHECK(grants(planner.decide({}, {1, std::nullopt}, false)) ==
          std::vector<std::vector<std::uint64_t>>{{0}, {}});
    CHECK_FALSE(planner.has_granted_end());
    planner.update(0, finished(1, {}));
    planner.update(1, finished(0, {}));
    std::size_t granted = 0;
    for (const auto& plan : planner.decide({}, {7, std::nullopt}, false)) granted += plan.grant.size();
    CHECK(granted == 6);  // as if much followed: with its end known a dynamic one would keep some back
    CHECK_FALSE(planner.has_granted_end());
    planner.decide({}, {7, 7}, false);
    CHECK(planner.has_granted_end());
  }
}

TEST_CASE("planner: going on, only what is missing is granted, once and to the end") {
  unsigned seed = 500;
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    for (int ranks = 1; ranks <= 5; ++ranks) {
      for (const std::uint64_t first : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 19U, 20U}) {
        auto config = config_of(ranks, schedule);
        config.first_chunk = first;
        config.max_backlog = 2;
        config.max_held = 3;
        config.window = 1 + ++seed % 9;
        INFO("ranks " << ranks << " first " << first << " window " << config.window);
        for (const auto& source : {known(20), SimulatedSource{20, 1 + seed % 5}}) {
          Simulation simulation(config, source, seed);
          CHECK(simulation.run());
          CHECK(simulation.is_without_gaps());
          for (auto id = first; id < 20 && schedule == Schedule::static_slices; ++id)
            CHECK(simulation.rank_of_chunk()[id] == id % static_cast<std::size_t>(ranks));
        }
      }
    }
  }
}

TEST_CASE("planner: going on after any chunk, the first grant is the first chunk that is missing") {
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    for (std::uint64_t first = 0; first < 12; ++first) {
      auto config = config_of(3, schedule);
      config.first_chunk = first;
      Planner planner(config);
      CHECK(planner.grants_end() == first);
      std::set<std::uint64_t> granted;
      for (const auto& plan : planner.decide({first, 0}, all_of(12), false))
        granted.insert(plan.grant.begin(), plan.grant.end());
      CHECK(*granted.begin() == first);
      CHECK(planner.grants_end() == *granted.rbegin() + 1);
    }
  }
}

TEST_CASE(
    "planner: asked to stop at any time, what is granted is written without gaps, and nothing more comes") {
  unsigned seed = 900;
  for (const auto schedule : {Schedule::dynamic_grants, Schedule::static_slices}) {
    for (int ranks = 1; ranks <= 6; ++ranks) {
      for (const std::uint64_t first : {0U, 7U}) {
        for (int steps = 0; steps < 60; steps += 3) {
          auto config = config_of(ranks, schedule);
          config.first_chunk = first;
          config.max_backlog = 1 + ++seed % 3;
          config.max_held = config.max_backlog + seed % 4;
          config.window = 1 + seed % 30;
          INFO("ranks " << ranks << " first " << first << " steps " << steps << " seed " << seed << " static "
                        << (schedule == Schedule::static_slices));
          for (const auto& source : {known(100), SimulatedSource{100, 1 + seed % 20}}) {
            Simulation simulation(config, source, seed);
            CHECK(simulation.drain_after(steps));
            CHECK(simulation.is_without_gaps());
            if (steps == 0) CHECK(simulation.written() == first);
          }
        }
      }
    }
  }
}

TEST_CASE("planner: fewer chunks than ranks go one to a rank, the others get nothing") {
  Planner planner(config_of(4));
  CHECK(grants(planner.decide({}, all_of(2), false)) ==
        std::vector<std::vector<std::uint64_t>>{{0}, {1}, {}, {}});
  for (const auto& plan : planner.decide({}, all_of(2), false)) CHECK(is_idle(plan));
}

TEST_CASE("planner: no chunks, nothing to do") {
  Planner planner(config_of(3));
  for (const auto& plan : planner.decide({}, all_of(0), true)) CHECK(is_idle(plan));
}

TEST_CASE("planner: dynamic gives the fast rank more") {
  auto config = config_of(2);
  config.max_backlog = 1;
  config.max_held = 10;
  Planner planner(config);
  CHECK(grants(planner.decide({}, all_of(100), false)) == std::vector<std::vector<std::uint64_t>>{{0}, {1}});
  planner.update(1, finished(1, {}));
  CHECK(grants(planner.decide({}, all_of(100), false)) == std::vector<std::vector<std::uint64_t>>{{}, {2}});
  planner.update(1, finished(2, {}));
  CHECK(grants(planner.decide({}, all_of(100), false)) == std::vector<std::vector<std::uint64_t>>{{}, {3}});
}

TEST_CASE("planner: small results wait until shipping is due, unless all ranks are through") {
  auto config = config_of(2);
  config.max_backlog = 1;
  Planner planner(config);
  planner.decide({}, all_of(2), false);
  planner.update(1, finished(1, {{1, 10}}));
  CHECK(planner.decide({}, all_of(2), false)[1].ship.empty());
  const auto due = planner.decide({}, all_of(2), true);
  CHECK(due[1].ship == std::vector<std::uint64_t>{1});
  CHECK(due[0].gather_sizes == std::vector<std::uint64_t>{0, 10});
  CHECK(due[1].gather_sizes == std::vector<std::uint64_t>{0, 10});
  planner.update(0, finished(1, {{0, 7}}));
  const auto last = planner.decide({}, all_of(2), false);
  CHECK(last[0].ship == std::vector<std::uint64_t>{0});
  CHECK(last[0].gather_sizes.empty());
}

TEST_CASE("planner: much finished work travels without delay") {
  auto config = config_of(2);
  config.ship_at_bytes = 100;
  Planner planner(config);
  planner.decide({}, all_of(100), false);
  planner.update(1, finished(1, {{1, 99}}));
  CHECK(planner.decide({}, all_of(100), false)[1].ship.empty());
  planner.update(1, finished(2, {{3, 1}}));
  CHECK(planner.decide({}, all_of(100), false)[1].ship == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("planner: the chunk that the writer waits for ships, however full rank 0 is; others wait") {
  auto config = config_of(2);
  config.max_waiting_bytes = 10;
  Planner planner(config);
  planner.decide({}, all_of(4), false);
  planner.update(1, finished(2, {{1, 50}, {3, 50}}));
  CHECK(planner.decide({0, 0}, all_of(4), true)[1].ship.empty());
  CHECK(planner.decide({1, 0}, all_of(4), true)[1].ship == std::vector<std::uint64_t>{1});
  CHECK(planner.decide({2, 0}, all_of(4), true)[1].ship.empty());
  CHECK(planner.decide({3, 1'000'000}, all_of(4), true)[1].ship == std::vector<std::uint64_t>{3});
}

TEST_CASE("planner: a chunk reported twice is an internal error") {
  Planner planner(config_of(2));
  planner.decide({}, all_of(4), false);
  planner.update(1, finished(1, {{1, 5}}));
  CHECK_THROWS_AS(planner.update(1, finished(1, {{1, 5}})), InternalError);
}
