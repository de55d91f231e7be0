#include "start/several/joint_input.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;

namespace {

FoundOutput unfinished(std::uint64_t chunk_bytes) {
  FoundOutput found;
  found.kind = StartKind::go_on;
  found.unfinished.run = RunRecord();
  found.unfinished.run->chunk_bytes = chunk_bytes;
  return found;
}

RunStart after(std::uint64_t chunks, bool is_complete = false) {
  RunStart start;
  start.behind = Scored{chunks, 10 * chunks, chunks, is_complete};
  if (is_complete) start.nothing_to_do = "it is complete";
  return start;
}

/// Of outputs of these names.
std::vector<Scored> joint(const std::vector<RunStart>& starts) {
  std::vector<RunConfig> configs(starts.size());
  std::vector<StartedOutput> outputs;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    configs[i].output.path = std::to_string(i) + ".jsonl";
    outputs.push_back({configs[i], starts[i]});
  }
  return joint_scored(outputs);
}

}  // namespace

TEST_CASE("joint input: chunks are cut as those of the outputs that are begun") {
  RunConfig a;
  RunConfig b;
  a.output.path = "a.jsonl";
  b.output.path = "b.npy";
  const FoundOutput nothing;
  const auto small = unfinished(1000);
  const auto large = unfinished(2000);
  const auto bytes = [&](const FoundOutput& of_a, const FoundOutput& of_b) {
    const std::vector<EarlierOutput> outputs{{a, of_a}, {b, of_b}};
    return joint_chunk_bytes(outputs);
  };
  CHECK_FALSE(bytes(nothing, nothing).has_value());
  CHECK(bytes(small, nothing) == 1000U);
  CHECK(bytes(nothing, large) == 2000U);
  CHECK(bytes(small, small) == 1000U);
  CHECK_THAT(message_of<UsageError>([&] { bytes(small, large); }),
             Contains("a.jsonl was made with --chunk-bytes 1000 and b.npy with 2000"));
  a.input.chunk_bytes = b.input.chunk_bytes = 3000;  // what the journals say is compared later
  CHECK(bytes(small, large) == 3000U);
}

TEST_CASE("joint input: the source goes on where the output that has least of it ends") {
  CHECK(joint({RunStart(), RunStart()}).empty());
  CHECK(joint({after(7)}).front().chunks == 7);
  const auto all = joint({after(7), after(4), after(9)});
  REQUIRE(all.size() == 3);  // what others have more is compared on the way
  CHECK(all[0].chunks == 4);
  CHECK(all[1].chunks == 7);
  CHECK(all[2].chunks == 9);
  CHECK(joint({after(0), after(4)}).front().chunks == 0);
}

TEST_CASE("joint input: what is complete is compared behind all others, or alone, and has the most of it") {
  CHECK(joint({after(9, true)}).front().is_all);
  const auto all = joint({after(9, true), after(4), after(0)});
  REQUIRE(all.size() == 3);
  CHECK(all[0].chunks == 0);
  CHECK(all[1].chunks == 4);
  CHECK(all[2].is_all);
  CHECK(joint({after(9, true), RunStart(), after(9, true)}).size() == 1);
  auto cut_otherwise = after(9);
  cut_otherwise.behind->chunks = 20;
  CHECK(joint({cut_otherwise, after(9, true)}).back().is_all);

  const auto refused = [](const std::vector<RunStart>& starts) {
    return message_of<UsageError>([&] { joint(starts); });
  };
  CHECK_THAT(refused({after(9, true), after(10)}),
             Contains("0.jsonl was made of all 90 bytes (unpacked) of its input, and 1.jsonl has 100"));
  CHECK_THAT(refused({after(8, true), after(9, true)}), Contains("a run of its own"));
  auto other = after(9, true);
  other.behind->digest ^= 1U;
  CHECK_THAT(refused({after(9, true), other}), Contains("90 bytes of another one"));
}
