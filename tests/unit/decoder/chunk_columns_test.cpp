#include "decoder/chunk_columns.hpp"

#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;

namespace {

/// Of `examples` examples, each a row of two floats.
Column pairs(std::size_t examples) {
  Column column;
  column.rank = 1;
  for (std::size_t i = 0; i < examples; ++i) {
    column.begins.push_back(column.values.size());
    column.values.resize(column.values.size() + 2 * sizeof(float));
    column.dims.push_back(2);
  }
  return column;
}

}  // namespace

TEST_CASE("chunk columns: one per input, of its rank, with room for what the text can hold") {
  const auto chunk = raw_chunk({"{\"x\":[1,2]}", "{\"x\":[3,4]}"});
  const std::vector<TensorSpec> inputs{spec("x", DType::float32, {2}), kFloats,
                                       spec("y", DType::float64, {1 << 30})};
  const auto columns = detail::make_columns(inputs, chunk);
  REQUIRE(columns.size() == 3);
  CHECK(columns[0].rank == 1);
  CHECK(columns[0].values.capacity() == 2 * 2 * sizeof(float));
  CHECK(columns[1].values.capacity() == 0);
  CHECK(columns[2].values.capacity() <= (chunk.buffer.size() / 2 + 2) * sizeof(double));
}

TEST_CASE("chunk columns: truncated, a column keeps its first examples") {
  auto column = pairs(3);
  detail::truncate(column, 3);
  CHECK(column.size() == 3);
  detail::truncate(column, 1);
  CHECK(column.size() == 1);
  CHECK(column.values.size() == 2 * sizeof(float));
  CHECK(column.dims == std::vector<std::int64_t>{2});
}

TEST_CASE("chunk columns: of an incomplete example nothing stays") {
  DecodedChunk chunk;
  chunk.inputs = {pairs(2), pairs(1)};
  chunk.examples = 1;
  detail::drop_incomplete(chunk);
  CHECK(chunk.inputs[0].size() == 1);
  CHECK(chunk.inputs[1].size() == 1);
}
