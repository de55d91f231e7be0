#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "batcher/batcher.hpp"

using namespace infer;

namespace {

template <class T>
struct Example {
  Shape shape;
  std::vector<T> values;
};

template <class T>
Column column_of(const std::vector<Example<T>>& examples, std::size_t rank) {
  Column column;
  column.rank = rank;
  for (const auto& example : examples) {
    const auto bytes = std::as_bytes(std::span(example.values));
    column.begins.push_back(column.values.size());
    column.values.insert(column.values.end(), bytes.begin(), bytes.end());
    column.dims.insert(column.dims.end(), example.shape.begin(), example.shape.end());
  }
  return column;
}

template <class T>
std::vector<T> values_of(const HostTensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// Collates one input.
template <class T>
HostTensor collate_one(const TensorSpec& spec, const std::vector<Example<T>>& examples,
                       const std::vector<std::size_t>& batch) {
  const std::vector<TensorSpec> specs{spec};
  const std::vector<Column> columns{column_of(examples, spec.shape.size())};
  return collate(specs, columns, batch).at(0);
}

template <class T>
void check_dtype(DType dtype, double pad) {
  const auto tensor =
      collate_one<T>({"x", dtype, {kVariableDim}, {}, pad}, {{{2}, {T(1), T(0)}}, {{1}, {T(1)}}}, {0, 1});
  CHECK(tensor.dtype == storage_dtype(dtype));
  CHECK(tensor.shape == Shape{2, 2});
  CHECK(tensor.bytes.size() == 4 * sizeof(T));
  CHECK(values_of<T>(tensor) == std::vector<T>{T(1), T(0), T(1), T(pad)});
}

}  // namespace

TEST_CASE("collate: scalars become one dimension, the batch") {
  const auto tensor =
      collate_one<float>({"x", DType::float32, {}, {}, {}}, {{{}, {1}}, {{}, {2}}, {{}, {3}}}, {2, 0});
  CHECK(tensor.shape == Shape{2});
  CHECK(values_of<float>(tensor) == std::vector<float>{3, 1});
}

TEST_CASE("collate: rows follow the order asked for, and an example may come twice") {
  const auto tensor =
      collate_one<float>({"x", DType::float32, {2}, {}, {}}, {{{2}, {1, 2}}, {{2}, {3, 4}}}, {1, 1, 0});
  CHECK(tensor.shape == Shape{3, 2});
  CHECK(values_of<float>(tensor) == std::vector<float>{3, 4, 3, 4, 1, 2});
}

TEST_CASE("collate: shorter examples are filled at the end") {
  const auto tensor = collate_one<std::int64_t>({"ids", DType::int64, {kVariableDim}, {}, -7.0},
                                                {{{3}, {1, 2, 3}}, {{1}, {4}}, {{0}, {}}}, {0, 1, 2});
  CHECK(tensor.shape == Shape{3, 3});
  CHECK(values_of<std::int64_t>(tensor) == std::vector<std::int64_t>{1, 2, 3, 4, -7, -7, -7, -7, -7});
}

TEST_CASE("collate: in two variable dimensions each example lies in the upper left corner") {
  const auto tensor = collate_one<float>({"x", DType::float32, {kVariableDim, kVariableDim}, {}, 9.0},
                                         {{{1, 3}, {1, 2, 3}}, {{2, 2}, {4, 5, 6, 7}}}, {0, 1});
  CHECK(tensor.shape == Shape{2, 2, 3});
  CHECK(values_of<float>(tensor) == std::vector<float>{1, 2, 3, 9, 9, 9, 4, 5, 9, 6, 7, 9});
}

TEST_CASE("collate: a variable dimension before a fixed one keeps rows together") {
  const auto tensor = collate_one<float>({"x", DType::float32, {kVariableDim, 2}, {}, 0.0},
                                         {{{2, 2}, {1, 2, 3, 4}}, {{1, 2}, {5, 6}}, {{0, 2}, {}}}, {2, 1, 0});
  CHECK(tensor.shape == Shape{3, 2, 2});
  CHECK(values_of<float>(tensor) == std::vector<float>{0, 0, 0, 0, 5, 6, 0, 0, 1, 2, 3, 4});
}

TEST_CASE("collate: examples that are all empty make an empty tensor with its batch dimension") {
  const auto tensor =
      collate_one<float>({"x", DType::float32, {kVariableDim}, {}, 0.0}, {{{0}, {}}, {{0}, {}}}, {0, 1});
  CHECK(tensor.shape == Shape{2, 0});
  CHECK(tensor.bytes.empty());
}

TEST_CASE("collate: equal shapes need no pad value, different ones do") {
  const TensorSpec spec{"x", DType::float32, {kVariableDim}, {}, {}};
  const std::vector<Example<float>> examples{{{2}, {1, 2}}, {{2}, {3, 4}}, {{1}, {5}}};
  CHECK(collate_one<float>(spec, examples, {0, 1}).shape == Shape{2, 2});
  CHECK_THROWS_AS(collate_one<float>(spec, examples, {0, 2}), InternalError);
}

TEST_CASE("collate: every dtype is copied and filled as itself, half precision as float32") {
  check_dtype<float>(DType::float32, -0.5);
  check_dtype<double>(DType::float64, 0.1);
  check_dtype<float>(DType::float16, 2);
  check_dtype<float>(DType::bfloat16, 2);
  check_dtype<std::int64_t>(DType::int64, -3);
  check_dtype<std::int32_t>(DType::int32, 30000);
  check_dtype<std::int16_t>(DType::int16, -300);
  check_dtype<std::int8_t>(DType::int8, -128);
  check_dtype<std::uint8_t>(DType::uint8, 255);
  check_dtype<std::uint8_t>(DType::boolean, 1);
}

TEST_CASE("collate: tensors lie on 64 bytes, one per input") {
  const std::vector<TensorSpec> specs{{"a", DType::float32, {1}, {}, {}}, {"b", DType::int8, {}, {}, {}}};
  const std::vector<Column> columns{column_of<float>({{{1}, {1}}}, 1),
                                    column_of<std::int8_t>({{{}, {5}}}, 0)};
  const auto tensors = collate(specs, columns, std::vector<std::size_t>{0});
  REQUIRE(tensors.size() == 2);
  for (const auto& tensor : tensors) CHECK(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % 64 == 0);
  CHECK(values_of<std::int8_t>(tensors[1]) == std::vector<std::int8_t>{5});
}

TEST_CASE("collate: packed examples follow one another, filled up to a whole unit") {
  TensorSpec spec{"ids", DType::int32, {kVariableDim}, {}, 7.0};
  spec.packed = true;
  const std::vector<Example<std::int32_t>> examples{{{2}, {1, 2}}, {{3}, {3, 4, 5}}, {{1}, {6}}};
  const auto tensor = collate_one(spec, examples, {2, 0});
  CHECK(tensor.shape == Shape{kPackUnit});
  std::vector<std::int32_t> wanted(kPackUnit, 7);
  std::ranges::copy(std::vector<std::int32_t>{6, 1, 2}, wanted.begin());
  CHECK(values_of<std::int32_t>(tensor) == wanted);

  const std::vector<Example<std::int32_t>> whole{{{kPackUnit}, std::vector<std::int32_t>(kPackUnit, 1)}};
  CHECK(collate_one(spec, whole, {0}).shape == Shape{kPackUnit});
  CHECK(collate_one(spec, whole, {0, 0}).shape == Shape{2 * kPackUnit});
}
