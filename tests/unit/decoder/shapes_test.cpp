#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;
using Code = RecordErrorCode;

TEST_CASE("decoder: nested arrays follow the shape, row by row") {
  const auto matrix = spec("x", DType::float32, {2, 3});
  CHECK(accepted<float>(matrix, "{\"x\":[[1,2,3],[4,5,6]]}") == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(shape_of(matrix, "{\"x\":[[1,2,3],[4,5,6]]}") == Shape{2, 3});
  CHECK(shape_of(spec("x", DType::float32, {}), "{\"x\":1}") == Shape{});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, 2}), "{\"x\":[[1,2],[3,4],[5,6]]}") == Shape{3, 2});
  CHECK(shape_of(spec("x", DType::int64, {1, 1, 1}), "{\"x\":[[[1]]]}") == Shape{1, 1, 1});
}

TEST_CASE("decoder: a dimension of another size is wrong_shape and the message says which") {
  const auto matrix = spec("x", DType::float32, {2, 3});
  CHECK(error_of(matrix, "{\"x\":[[1,2,3]]}").message ==
        "input \"x\": dimension 0 has 1 values, expected 2 (shape [2,3])");
  CHECK(error_of(matrix, "{\"x\":[[1,2,3],[4,5]]}").message ==
        "input \"x\": dimension 1 has 2 values, expected 3 (shape [2,3])");
  CHECK(error_of(matrix, "{\"x\":[]}").code == Code::wrong_shape);
  CHECK(error_of(matrix, "{\"x\":[[1,2,3],[4,5,6],[7,8,9]]}").code == Code::wrong_shape);
}

TEST_CASE("decoder: ragged arrays are wrong_shape, mixed depth is wrong_type") {
  const auto open = spec("x", DType::float32, {kVariableDim, kVariableDim});
  CHECK(error_of(open, "{\"x\":[[1,2],[3]]}").message ==
        "input \"x\": dimension 1 has 1 values, expected 2 (shape [*,*])");
  CHECK(error_of(open, "{\"x\":[[],[1]]}").code == Code::wrong_shape);
  CHECK(error_of(open, "{\"x\":[[1],2]}").code == Code::wrong_type);
  CHECK(error_of(open, "{\"x\":[[1],[[2]]]}").code == Code::wrong_type);
}

TEST_CASE("decoder: empty arrays have length 0 where the length is variable") {
  CHECK(shape_of(kFloats, "{\"x\":[]}") == Shape{0});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, 3}), "{\"x\":[]}") == Shape{0, 3});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, kVariableDim}), "{\"x\":[]}") == Shape{0, 0});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, kVariableDim}), "{\"x\":[[],[]]}") == Shape{2, 0});
}

TEST_CASE("decoder: examples of different lengths lie one after the other") {
  const auto chunk = decode(config_of({kFloats}), {"{\"x\":[1,2]}", "{\"x\":[]}", "{\"x\":[3]}"});
  CHECK(chunk.inputs[0].begins == std::vector<std::size_t>{0, 8, 8});
  CHECK(chunk.inputs[0].dims == std::vector<std::int64_t>{2, 0, 1});
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 2, 3});
}

TEST_CASE("decoder: after any error the columns hold the good examples and nothing else") {
  const auto config = config_of({kFloats, spec("y", DType::int64, {})});
  const auto chunk = decode(
      config, {"{\"x\":[1],\"y\":1}", "{\"x\":[8,8],\"y\":\"bad\"}", "{\"x\":[8,8]}", "{\"y\":8}",
               "{\"x\":[2,3],\"y\":2}", "{\"x\":[8],\"y\":8,", "{\"x\":[8],\"y\":8} 8",
               "{\"x\":[8,\"bad\"],\"y\":8}", "{\"y\":8,\"x\":[8],\"x\":[[8]]}", "{\"y\":3,\"x\":[]}"});
  CHECK(chunk.examples == 3);
  CHECK(chunk.inputs[0].size() == 3);
  CHECK(chunk.inputs[1].size() == 3);
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 2, 3});
  CHECK(chunk.inputs[0].dims == std::vector<std::int64_t>{1, 2, 0});
  CHECK(values_of<std::int64_t>(chunk.inputs[1]) == std::vector<std::int64_t>{1, 2, 3});
  std::size_t failed = 0;
  for (const auto& row : chunk.table.rows) failed += row.error ? 1U : 0U;
  CHECK(failed == 7);
}
