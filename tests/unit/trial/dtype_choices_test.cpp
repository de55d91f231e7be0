#include "trial/dtype_choices.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "unit/record/field_signature.hpp"

using namespace infer;
using namespace infer::detail;

namespace {

constexpr auto kInt = DType::int64;
constexpr auto kFloat = DType::float32;
constexpr auto kBool = DType::boolean;

/// `records` of them with whole numbers, `bits` of which are 0 and 1 alone.
ObservedField whole(std::size_t records, std::size_t bits = 0) {
  ObservedField field;
  field.integers = records;
  field.bits = bits;
  return field;
}

Signature inputs(std::size_t count) {
  std::vector<TensorSpec> specs(count);
  for (std::size_t i = 0; i < count; ++i) specs[i].name = std::string(1, static_cast<char>('a' + i));
  return test::field_signature(std::move(specs));
}

std::vector<DType> types_of(const Signature& signature) {
  std::vector<DType> types;
  for (const auto& input : signature.inputs) types.push_back(input.dtype);
  return types;
}

std::vector<std::vector<DType>> tried(const DTypeChoices& choices, const Observation& seen) {
  std::vector<std::vector<DType>> all;
  for (const auto& signature : typed_signatures(inputs(choices.size()), choices, seen))
    all.push_back(types_of(signature));
  return all;
}

}  // namespace

TEST_CASE("dtype choices: whole numbers may be indices or floats, others are what they are") {
  CHECK(possible_dtypes({"x"}, whole(2), DType::float16, {}) == std::vector{kInt, DType::float16});
  auto field = whole(2);
  field.reals = 1;
  CHECK(possible_dtypes({"x"}, field, kFloat, {}) == std::vector{kFloat});
  field.booleans = 4;
  CHECK(possible_dtypes({"x"}, field, kFloat, {}) == std::vector{kBool});
}

TEST_CASE("dtype choices: an index into a table is whole, unless most records say otherwise") {
  const ModelArgument index{"ids", false, ValueRange{0, 9}};
  auto field = whole(2);
  field.reals = 2;
  CHECK(possible_dtypes(index, field, kFloat, {}) == std::vector{kInt});
  field.reals = 3;
  CHECK(possible_dtypes(index, field, kFloat, {}) == std::vector{kFloat});
}

TEST_CASE("dtype choices: a fill value rules out what cannot hold it, but never the last type") {
  CHECK(possible_dtypes({"x"}, whole(1), kFloat, 7) == std::vector{kInt, kFloat});
  CHECK(possible_dtypes({"x"}, whole(1), kFloat, 0.5) == std::vector{kFloat});
  CHECK(possible_dtypes({"x", false, ValueRange{0, 9}}, whole(1), kFloat, 0.5) == std::vector{kInt});
}

TEST_CASE("dtype choices: floats for all come first, then each mixture, whole numbers before floats") {
  const Observation seen{{whole(1), whole(1)}, {}, 1};
  CHECK(tried({{kInt, kFloat}, {kInt, kFloat}}, seen) ==
        std::vector<std::vector<DType>>{
            {kFloat, kFloat}, {kInt, kInt}, {kFloat, kInt}, {kInt, kFloat}, {kFloat, kFloat}});
  CHECK(tried({{kInt}, {kFloat}}, seen) == std::vector<std::vector<DType>>{{kInt, kFloat}});
}

TEST_CASE("dtype choices: floats are not tried first where one would lose a digit") {
  Observation seen{{whole(1), whole(1)}, {}, 1};
  seen.fields[1].large = 1;
  CHECK(tried({{kInt}, {kInt, kFloat}}, seen) ==
        std::vector<std::vector<DType>>{{kInt, kInt}, {kInt, kFloat}});
}

TEST_CASE("dtype choices: many inputs have no more mixtures than can be tried") {
  const DTypeChoices choices(12, {kInt, kFloat});
  const Observation seen{std::vector<ObservedField>(12, whole(1)), {}, 1};
  CHECK(tried(choices, seen).size() == kMaxCombinations + 1);
}

TEST_CASE("dtype choices: inputs of 0 and 1 alone may be booleans, one of them, then two") {
  const Observation seen{{whole(2, 2), whole(2, 1), whole(3, 3)}, {}, 3};
  const DTypeChoices choices(3, {kInt, kFloat});
  const std::vector<DType> open{kInt, kFloat};
  const std::vector<DType> bits{kBool};
  CHECK(boolean_choices(inputs(3), choices, seen) ==
        std::vector<DTypeChoices>{{bits, open, open}, {open, open, bits}, {bits, open, bits}});
}

TEST_CASE("dtype choices: an input is no boolean where its type is settled, or its fill value is none") {
  const Observation seen{{whole(2, 2), whole(2, 2)}, {}, 2};
  auto base = inputs(2);
  base.inputs[1].pad = 7;
  CHECK(boolean_choices(base, {{kInt}, {kInt, kFloat}}, seen).empty());
}
