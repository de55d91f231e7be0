#include "signature/own_shapes.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "decoder/decoder.hpp"
#include "model/model.hpp"
#include "unit/decoder/raw_chunk.hpp"
#include "unit/record/field_signature.hpp"
#include "unit/record/tensors.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

Signature two_lists() {
  return test::field_signature(
      {{"x", DType::float32, {kVariableDim}, {}, 0.0}, {"y", DType::float32, {kVariableDim, 2}, {}, 0.0}});
}

/// Of these lines, with one output of the shape `whole` which the bundle states as `stated`.
std::vector<Shape> rows_of(const std::vector<std::string_view>& lines, const Shape& stated, Shape whole,
                           bool packed = false) {
  auto signature = two_lists();
  for (auto& input : signature.inputs) input.packed = packed;
  const auto chunk = Decoder({signature, nullptr, {}, 1000}).decode(test::raw_chunk(lines));
  std::vector<std::size_t> examples(chunk.examples);
  for (std::size_t i = 0; i < examples.size(); ++i) examples[i] = i;
  const std::vector<float> values(element_count(whole));
  std::vector<NamedTensor> outputs{
      {"each", test::tensor_of<float>(DType::float32, std::move(whole), values)}};
  const auto own = own_shapes(outputs, std::vector<Shape>{stated}, signature.inputs, chunk.inputs, examples);
  return own.empty() ? std::vector<Shape>{} : own[0];
}

constexpr auto kShort = R"({"x":[1],"y":[[1,1]]})";
constexpr auto kLong = R"({"x":[1,2,3],"y":[[1,1],[2,2],[3,3]]})";
constexpr auto kMixed = R"({"x":[1],"y":[[1,1],[2,2],[3,3]]})";

}  // namespace

TEST_CASE("own shapes: a record has as many values as of the padded inputs, the rest is padding") {
  CHECK(rows_of({kLong, kShort}, {kVariableDim}, {2, 3}) == std::vector<Shape>{{3}, {1}});
  CHECK(rows_of({kShort, kLong}, {kVariableDim, 8}, {2, 3, 8}) == std::vector<Shape>{{1, 8}, {3, 8}});
}

TEST_CASE("own shapes: of packed inputs a record has the first values of its row") {
  CHECK(rows_of({kLong, kShort}, {kVariableDim}, {2, 9}, true) == std::vector<Shape>{{3}, {1}});
  CHECK(rows_of({kShort, kShort}, {kVariableDim}, {2, 9}, true) == std::vector<Shape>{{1}, {1}});
  CHECK(rows_of({kLong, kShort}, {4}, {2, 4}, true).empty());
  CHECK_THROWS_WITH(rows_of({kLong, kShort}, {kVariableDim}, {2, 2}, true), Contains("cannot be told"));
}

TEST_CASE("own shapes: without padding, or with a shape that is fixed, nothing is cut") {
  CHECK(rows_of({kLong, kLong}, {kVariableDim}, {2, 3}).empty());
  CHECK(rows_of({kMixed}, {kVariableDim}, {1, 2}).empty());
  CHECK(rows_of({kLong, kShort}, {3}, {2, 3}).empty());
}

TEST_CASE("own shapes: where inputs' lengths differ, or none fits, the batch is refused") {
  for (const std::int64_t size : {std::int64_t{3}, std::int64_t{2}}) {
    CHECK_THROWS_WITH(rows_of({size == 3 ? kMixed : kShort, kLong}, {kVariableDim}, {2, size}),
                      Contains("the result each has " + std::to_string(size)) && Contains("cannot be told"));
  }
}
