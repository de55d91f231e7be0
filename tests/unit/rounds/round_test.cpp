#include "rounds/round.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"

using namespace infer;

TEST_CASE("round: a status survives its message") {
  const auto status = deserialize_status(serialize(Status{7, {{3, 100}, {9, 0}}, "rank broke"}));
  CHECK(status.predicted == 7);
  REQUIRE(status.ready.size() == 2);
  CHECK(status.ready[0].id == 3);
  CHECK(status.ready[0].bytes == 100);
  CHECK(status.ready[1].id == 9);
  CHECK(status.error == "rank broke");
  CHECK(deserialize_status(serialize(Status{})).ready.empty());
}

TEST_CASE("round: a status carries the signal that asked to stop and what the rank is at") {
  Status sent{1, {}, ""};
  sent.stop = "SIGUSR1";
  sent.activity = Activity{Stage::model, 9, 2.5};
  const auto status = deserialize_status(serialize(sent));
  CHECK(status.stop == "SIGUSR1");
  REQUIRE(status.activity.has_value());
  CHECK(status.activity->stage == Stage::model);
  CHECK(status.activity->chunk == 9);
  CHECK(status.activity->seconds == 2.5);
  CHECK_FALSE(deserialize_status(serialize(Status{})).activity.has_value());
}

TEST_CASE("round: parts to finish, and finished ones, travel") {
  Status sent;
  sent.parts = {{3, 100, 7}};
  CHECK(deserialize_status(serialize(sent)).parts == sent.parts);
  Plan plan;
  plan.finish = {{5, 2, 1, {40, 9}}};
  const auto received = deserialize_plan(serialize(plan)).finish;
  REQUIRE(received.size() == 1);
  CHECK(received[0].part == 5);
  CHECK(received[0].chunks == 2);
  CHECK(received[0].file == 1);
  CHECK(received[0].before == Counts{40, 9});
}

TEST_CASE("round: a plan survives its message") {
  const auto plan = deserialize_plan(serialize(Plan{{{{1}}, {{2}}}, {3}, {0, 50}, true, 1}));
  REQUIRE(plan.grants.size() == 2);
  CHECK(plan.grants[1].range.id == 2);
  CHECK(plan.ship == std::vector<std::uint64_t>{3});
  CHECK(plan.gather_sizes == std::vector<std::uint64_t>{0, 50});
  CHECK(plan.stop);
  CHECK(plan.exit_code == 1);
  CHECK_FALSE(deserialize_plan(serialize(Plan{})).stop);
}

TEST_CASE("round: chunks travel with their grant, and what is selected of them") {
  Plan sent;
  sent.grants = {{{3, 1, 7, 8, 2}},
                 {{4, 2, 50, 91, 1}, ChunkSelection{50, 7, 12, {std::byte{3}, std::byte{1}, std::byte{2}}}}};
  const auto plan = deserialize_plan(serialize(sent));
  REQUIRE(plan.grants.size() == 2);
  CHECK(plan.grants[0].range.files == 2);
  CHECK(plan.grants[0].selection.runs.empty());
  const auto& [range, selection, payload, digest, csv] = plan.grants[1];
  CHECK_FALSE(csv.has_value());
  CHECK_FALSE(payload.has_value());
  CHECK_FALSE(digest.has_value());
  CHECK(range.id == 4);
  CHECK(range.file == 2);
  CHECK(range.begin == 50);
  CHECK(range.end == 91);
  CHECK(selection.offset == 50);
  CHECK(selection.line == 7);
  CHECK(selection.number == 12);
  CHECK(selection.runs == sent.grants[1].selection.runs);
}

TEST_CASE("round: a chunk brings its bytes where ranks cannot read them, an empty one too") {
  const std::byte byte{7};
  Plan sent;
  const ChunkDigest digest{5, 6, true};
  sent.grants = {{{0}, {}, RawBytes(1000, byte), digest}, {{1}, {}, RawBytes()}, {{2}}};
  const auto plan = deserialize_plan(serialize(sent));
  REQUIRE(plan.grants.size() == 3);
  CHECK(plan.grants[0].payload == RawBytes(1000, byte));
  CHECK(plan.grants[0].digest == digest);
  CHECK(plan.grants[1].payload == RawBytes());
  CHECK_FALSE(plan.grants[2].payload.has_value());
}

TEST_CASE("round: messages cut short are internal errors") {
  const auto status = serialize(Status{7, {{3, 100}}, "x"});
  const auto plan = serialize(Plan{{{{1}, {}, RawBytes(5)}}, {2}, {3}, false, 0});
  for (std::size_t size = 0; size < status.size(); ++size) {
    CHECK_THROWS_AS(deserialize_status(ByteView(status).first(size)), InternalError);
  }
  for (std::size_t size = 0; size < plan.size(); ++size) {
    CHECK_THROWS_AS(deserialize_plan(ByteView(plan).first(size)), InternalError);
  }
}
