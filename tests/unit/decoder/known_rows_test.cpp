#include <string>
#include <string_view>
#include <vector>

#include "unit/decoder/reusing.hpp"

using namespace infer;
using namespace infer::test;

namespace {

std::vector<std::size_t> examples_of(const DecodedChunk& chunk) {
  std::vector<std::size_t> examples;
  for (const auto& row : chunk.table.rows) examples.push_back(row.error ? SIZE_MAX : row.example);
  return examples;
}

constexpr auto kFailed = SIZE_MAX;

}  // namespace

TEST_CASE("known rows: equal records of a chunk are one example, whatever is copied") {
  const auto chunk = decode(reusing({.repeats = true}),
                            {"{\"id\":1,\"x\":[1,2],\"n\":3}", "{\"id\":2,\"x\":[1,2],\"n\":4}", "{\"id\":3}",
                             "{\"n\":3,\"id\":4,\"x\":[1.0,2e0]}", "{\"x\":[1,2],\"n\":4}"});
  CHECK(examples_of(chunk) == std::vector<std::size_t>{0, 1, kFailed, 0, 1});
  CHECK(chunk.examples == 2);
  CHECK(chunk.work.repeated == 2);
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 2, 1, 2});
  CHECK(values_of<std::int64_t>(chunk.inputs[1]) == std::vector<std::int64_t>{3, 4});
  CHECK(chunk.table.carried_of(chunk.table.rows[3]) == "\"id\":4");
  CHECK(chunk.table.rows[0].key.is_none());
}

TEST_CASE("known rows: the shape of equal values counts") {
  auto config = config_of({spec("x", DType::float32, {kVariableDim, kVariableDim})});
  config.reuse.repeats = true;
  const auto chunk =
      decode(config, {"{\"x\":[[1,2]]}", "{\"x\":[[1],[2]]}", "{\"x\":[[],[]]}", "{\"x\":[[]]}"});
  CHECK(examples_of(chunk) == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("known rows: none is looked for unless that is asked, and none of another chunk") {
  const std::vector<std::string_view> lines{"{\"x\":[1],\"n\":3}", "{\"x\":[1],\"n\":3}"};
  CHECK(decode(reusing({}), lines).examples == 2);
  Decoder decoder(reusing({.repeats = true}));
  for (int chunk = 0; chunk < 2; ++chunk) CHECK(decoder.decode(raw_chunk(lines)).examples == 1);
}

TEST_CASE("known rows: what the cache has is no example; of all decoders that share it") {
  RowReuse reuse{.repeats = true, .cache = std::make_shared<RepeatCache>(1 << 20)};
  const std::vector<std::string_view> lines{"{\"id\":1,\"x\":[1],\"n\":3}", "{\"x\":[1],\"n\":4}"};
  const auto first = decode(reusing(reuse), lines);
  CHECK(first.examples == 2);
  reuse.cache->put(first.table.rows[1].key, "\"outputs\":5");
  const auto second = decode(reusing(reuse), lines);
  CHECK(second.examples == 1);
  CHECK(second.work.repeated == 1);
  CHECK(second.table.rows[0].has_example());
  REQUIRE(second.table.rows[1].values);
  CHECK(*second.table.rows[1].values == "\"outputs\":5");
  reuse.secret = random_digest_secret();
  CHECK(decode(reusing(reuse), lines).examples == 2);
}
