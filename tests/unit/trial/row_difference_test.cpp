#include "trial/row_difference.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "unit/record/tensors.hpp"

using namespace infer;
using namespace infer::detail;
using infer::test::tensor_of;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<NamedTensor> floats(Shape shape, const std::vector<float>& values) {
  return {{"y", tensor_of<float>(DType::float32, std::move(shape), values)}};
}

RowDifference compare(const std::vector<NamedTensor>& left, std::size_t left_row,
                      const std::vector<NamedTensor>& right, std::size_t right_row) {
  return compare_rows({left, left_row}, {right, right_row}, kFullPrecision);
}

}  // namespace

TEST_CASE("row difference: rows are found in their batches, and equal ones do not differ") {
  const auto batch = floats({3, 2}, {1, 2, 3, 4, 1, 2});
  CHECK(compare(batch, 0, batch, 2).share == 0);
  const auto apart = compare(batch, 0, batch, 1);
  CHECK(apart.share == 0.5);
  CHECK(both_values(apart) == "1 and 3");
  CHECK(apart.is_wrong());
}

TEST_CASE("row difference: rounding is a share of the largest value") {
  const auto one = floats({1, 2}, {1000.0F, 0.001F});
  CHECK(compare(one, 0, floats({1, 2}, {1000.05F, 0.001F}), 0).is_rounding());
  CHECK(compare(one, 0, floats({1, 2}, {1000.0F, 0.05F}), 0).is_rounding());
  const auto said = compare(one, 0, floats({1, 2}, {1001.0F, 0.001F}), 0);
  CHECK_FALSE(said.is_rounding());
  CHECK_FALSE(said.is_wrong());
  CHECK(compare(one, 0, floats({1, 2}, {1100.0F, 0.001F}), 0).is_wrong());
}

TEST_CASE("row difference: NaN equals NaN, and no number equals NaN or infinity") {
  CHECK(compare(floats({1}, {kNan}), 0, floats({1}, {kNan}), 0).share == 0);
  CHECK(compare(floats({1}, {kInfinity}), 0, floats({1}, {kInfinity}), 0).share == 0);
  CHECK(compare(floats({1}, {kNan}), 0, floats({1}, {1}), 0).is_wrong());
  CHECK(compare(floats({1}, {kInfinity}), 0, floats({1}, {-kInfinity}), 0).is_wrong());
}

TEST_CASE("row difference: whole numbers and booleans differ or not") {
  const auto of = [](std::int64_t value) {
    return std::vector<NamedTensor>{{"y", tensor_of<std::int64_t>(DType::int64, {1}, {value})}};
  };
  CHECK(compare(of(1'000'000), 0, of(1'000'001), 0).share == 1);
  CHECK(compare(of(7), 0, of(7), 0).share == 0);
  CHECK(compare(of(16'777'216), 0, floats({1}, {16'777'216.0F}), 0).share == 0);
}

TEST_CASE(
    "row difference: rows of other sizes are compared where both have values, and said to differ in shape") {
  const auto alone = floats({1, 2, 2}, {1, 2, 3, 4});
  const auto padded = floats({1, 3, 2}, {1, 2, 3, 4, 9, 9});
  const auto apart = compare(padded, 0, alone, 0);
  CHECK(apart.in_shape);
  CHECK(apart.share == 0);
  CHECK(compare(alone, 0, floats({1, 4}, {1, 2, 3, 4}), 0).is_wrong());
  CHECK(compare(alone, 0, {}, 0).is_wrong());
}
