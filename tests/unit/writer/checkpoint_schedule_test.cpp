#include "writer/checkpoint_schedule.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace infer;
using namespace std::chrono_literals;

namespace {

constexpr Clock::time_point kStart{1000h};

/// Due at that time after a checkpoint at kStart, and not a moment before.
void check_next(Seconds interval, Seconds took, std::chrono::milliseconds after) {
  CheckpointSchedule schedule(interval, kStart - 500h);
  schedule.made(kStart, took);
  CHECK_FALSE(schedule.is_due(kStart + after - 1ms));
  CHECK(schedule.is_due(kStart + after + 1ms));
}

}  // namespace

TEST_CASE("checkpoint schedule: the first is due after the interval, and stays so until it is made") {
  CheckpointSchedule schedule(Seconds(2), kStart);
  CHECK_FALSE(schedule.is_due(kStart + 1999ms));
  CHECK(schedule.is_due(kStart + 2s));
  CHECK(schedule.is_due(kStart + 1h));
  schedule.made(kStart + 1h, Seconds(0));
  CHECK_FALSE(schedule.is_due(kStart + 1h + 1999ms));
  CHECK(schedule.is_due(kStart + 1h + 2s));
}

TEST_CASE("checkpoint schedule: one that takes long puts the next one off to a twentieth of the time") {
  check_next(Seconds(1), Seconds(0.01), 1s);
  check_next(Seconds(1), Seconds(0.05), 1s);
  check_next(Seconds(1), Seconds(0.5), 10s);
}

TEST_CASE("checkpoint schedule: put off by a minute at most, but for a longer interval") {
  check_next(Seconds(1), Seconds(3), 60s);
  check_next(Seconds(1), Seconds(1000), 60s);
  check_next(Seconds(100), Seconds(1000), 100s);
}

TEST_CASE("checkpoint schedule: without an interval one is always due after those that take no time") {
  CheckpointSchedule schedule(Seconds(0), kStart);
  CHECK(schedule.is_due(kStart));
}
