#include "base/timeline.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace infer;

namespace {

Span span(std::uint64_t chunk) { return {"step", Clock::now(), Clock::now(), chunk}; }

std::size_t kept(const Timeline& timeline) {
  std::size_t spans = 0;
  for (const auto* lane : timeline.lanes()) spans += lane->spans().size();
  return spans;
}

}  // namespace

TEST_CASE("timeline: off, it keeps nothing and reads no clock") {
  Timeline timeline;
  auto& lane = timeline.lane("main");
  CHECK_FALSE(lane.is_on());
  lane.add(span(1));
  { const TimedSpan timed(lane, "step"); }
  CHECK(kept(timeline) == 0);
  CHECK_FALSE(timeline.is_full());
}

TEST_CASE("timeline: lanes in the order they were made, spans in the order they ended") {
  Timeline timeline(10);
  auto& first = timeline.lane("first");
  auto& second = timeline.lane("second");
  {
    const TimedSpan outer(first, "outer", 1);
    const TimedSpan inner(first, "inner", 2, 3);
  }
  second.add(span(4));
  const auto lanes = timeline.lanes();
  REQUIRE(lanes.size() == 2);
  CHECK(lanes[0]->name() == "first");
  CHECK(lanes[1]->name() == "second");
  const auto spans = lanes[0]->spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].what == "inner");
  CHECK(spans[0].chunk == 2);
  CHECK(spans[0].rows == 3);
  CHECK(spans[1].what == "outer");
  CHECK(spans[1].begin <= spans[0].begin);
  CHECK(spans[1].end >= spans[0].end);
}

TEST_CASE("timeline: full, it keeps the first spans, whichever thread they come from") {
  constexpr std::size_t kMost = 1000;
  Timeline timeline(kMost);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&lane = timeline.lane("thread")] {
        for (std::uint64_t k = 0; k < 400; ++k) lane.add(span(k));
      });
    }
  }
  CHECK(kept(timeline) == kMost);
  CHECK(timeline.is_full());
}
