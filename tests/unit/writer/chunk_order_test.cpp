#include "writer/chunk_order.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <vector>

#include "base/error.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using infer::test::chunk_of;

namespace {

/// Adds the chunk and takes all whose turn has come.
void add_and_take(ChunkOrder& order, std::uint64_t id, std::vector<std::uint64_t>& taken) {
  order.add(chunk_of(id));
  while (const auto chunk = order.take()) {
    CHECK(chunk->output.text == "row " + std::to_string(chunk->range.id) + "\n");
    taken.push_back(chunk->range.id);
  }
}

}  // namespace

TEST_CASE("chunk order: any order becomes that of the ids, from the first one on") {
  for (const std::uint64_t first : {0U, 7U}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      CAPTURE(first, seed);
      std::mt19937_64 random(seed);
      std::vector<std::uint64_t> ids(1 + random() % 40);
      std::iota(ids.begin(), ids.end(), first);
      auto shuffled = ids;
      std::ranges::shuffle(shuffled, random);
      ChunkOrder order(first, ids.size());
      std::vector<std::uint64_t> taken;
      for (const auto id : shuffled) add_and_take(order, id, taken);
      CHECK(taken == ids);
      CHECK(order.is_empty());
    }
  }
}

TEST_CASE("chunk order: nothing leaves before its turn") {
  ChunkOrder order(0, 4);
  CHECK_FALSE(order.take().has_value());
  order.add(chunk_of(1));
  CHECK_FALSE(order.take().has_value());
  CHECK_FALSE(order.is_empty());
  order.add(chunk_of(0));
  CHECK(order.take()->range.id == 0);
  CHECK(order.take()->range.id == 1);
  CHECK_FALSE(order.take().has_value());
  CHECK(order.is_empty());
}

TEST_CASE("chunk order: what came before, waiting or taken, is an internal error") {
  ChunkOrder order(3, 4);
  CHECK_THROWS_AS(order.add(chunk_of(2)), InternalError);
  ChunkOrder waiting(0, 4);
  waiting.add(chunk_of(1));
  CHECK_THROWS_AS(waiting.add(chunk_of(1)), InternalError);
  ChunkOrder taken(0, 4);
  taken.add(chunk_of(0));
  taken.take();
  CHECK_THROWS_AS(taken.add(chunk_of(0)), InternalError);
}

TEST_CASE("chunk order: a window of chunks may wait beside the one that they wait for, and no more") {
  ChunkOrder order(0, 2);
  for (const std::uint64_t id : {1U, 2U, 0U}) order.add(chunk_of(id));
  CHECK_THROWS_AS(order.add(chunk_of(3)), InternalError);
}
