#include "rounds/rank_watch.hpp"
#include "comm/agreement.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "comm/channel.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/reader/select_records.hpp"

using namespace infer;
using infer::test::select_records;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using infer::test::message_of;

namespace {

const ChunkPlan kChunks({{"a.jsonl", 100, 0}, {"b.jsonl", 100, 0}}, 40);

RankWatch watch_of(std::size_t ranks, WatchLimits limits) {
  return RankWatch(ranks, limits, kChunks,
                   [](std::size_t rank) { return "rank " + std::to_string(rank) + " (node)"; });
}

std::string message(const RankWatch& watch) {
  return message_of<RankError>([&] { watch.check(); });
}

}  // namespace

TEST_CASE("rank watch: at the start, and soon after a word, all is well") {
  auto watch = watch_of(3, {Seconds(60), Seconds(600)});
  CHECK_NOTHROW(watch.check());
  watch.heard(1, std::nullopt);
  watch.heard(2, Activity{Stage::model, 0, 599});
  CHECK_NOTHROW(watch.check());
}

TEST_CASE("rank watch: one that is silent for too long is told by name and limit") {
  auto watch = watch_of(3, {Seconds(0.05), Seconds(600)});
  std::this_thread::sleep_for(70ms);
  watch.heard(0, std::nullopt);
  watch.heard(2, std::nullopt);
  const auto text = message(watch);
  CHECK_THAT(text, Contains("no sign of life from rank 1 (node) for 0.05 s (--comm-timeout)"));
  CHECK_THAT(text, !Contains("when last heard of"));
}

TEST_CASE("rank watch: a word of a rank starts its time anew") {
  auto watch = watch_of(1, {Seconds(0.2), Seconds(600)});
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(60ms);
    watch.heard(0, std::nullopt);
    CHECK_NOTHROW(watch.check());
  }
}

TEST_CASE("rank watch: a silent rank is told with what it was at when last heard of") {
  auto watch = watch_of(1, {Seconds(0.02), Seconds(600)});
  watch.heard(0, Activity{Stage::reader, 4, 1});
  std::this_thread::sleep_for(40ms);
  CHECK_THAT(message(watch),
             Contains("when last heard of it was reading with chunk 4 (b.jsonl from byte 40)"));
}

TEST_CASE("rank watch: one that is stuck in one step is told by name, stage, chunk, file and byte") {
  for (const auto& [stage, text] :
       {std::pair{Stage::reader, "reading"}, std::pair{Stage::decoder, "decoding"},
        std::pair{Stage::model, "in the model"}, std::pair{Stage::encoder, "encoding"}}) {
    auto watch = watch_of(2, {Seconds(60), Seconds(600)});
    watch.heard(1, Activity{stage, 2, 600.5});
    CHECK_THAT(message(watch), Contains("rank 1 (node) has been " + std::string(text) +
                                        " with chunk 2 (a.jsonl from byte 80) for 600 s (--stall-timeout)"));
  }
}

TEST_CASE("rank watch: a rank that got out of its step is well again") {
  auto watch = watch_of(1, {Seconds(60), Seconds(600)});
  watch.heard(0, Activity{Stage::model, 0, 601});
  CHECK_THROWS_AS(watch.check(), RankError);
  watch.heard(0, Activity{Stage::model, 1, 0.1});
  CHECK_NOTHROW(watch.check());
  watch.heard(0, std::nullopt);
  CHECK_NOTHROW(watch.check());
}

TEST_CASE("rank watch: chunks of a selection are told by their own place") {
  ChunkPlan plan({{"a.jsonl", 100, 0}, {"b.jsonl", 100, 0}}, 40);
  const auto source = select_records(plan, {{1, 50, 0, 0}});
  RankWatch watch(1, {Seconds(60), Seconds(600)}, source, [](std::size_t) { return "rank 0"; });
  watch.heard(0, Activity{Stage::model, 0, 601});
  CHECK_THAT(message(watch), Contains("chunk 0 (b.jsonl from byte 50)"));
}

TEST_CASE("rank watch: who is long at one step is late, and who is in time is not") {
  auto watch = watch_of(3, {Seconds(60), Seconds(600)});
  CHECK(watch.late().empty());
  watch.heard(0, Activity{Stage::model, 0, 9});
  watch.heard(1, Activity{Stage::model, 0, 40});
  watch.heard(2, Activity{Stage::reader, 1, 12});
  CHECK(watch.late() == std::vector<std::string>{"rank 1 (node): model, 40 s", "rank 2 (node): read, 12 s"});
  watch.heard(1, std::nullopt);
  CHECK(watch.late() == std::vector<std::string>{"rank 2 (node): read, 12 s"});
}
