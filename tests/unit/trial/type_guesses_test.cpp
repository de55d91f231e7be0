#include "trial/type_guesses.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

Signature typed(std::vector<DType> types) {
  std::vector<TensorSpec> specs;
  for (const auto type : types) specs.push_back({specs.empty() ? "a" : "b", type, {}, {}, {}});
  return field_signature(std::move(specs));
}

/// A model of two inputs that gives one number per row: what `value` makes of the types.
FakeModel giving(const std::function<float(DTypes)>& value) {
  return {{{"a", false}, {"b", false}}, [value](Inputs inputs, DTypes types) -> std::vector<NamedTensor> {
            const auto rows = inputs[0].shape.at(0);
            const std::vector<float> values(static_cast<std::size_t>(rows), value(types));
            return {{"y", tensor_of<float>(DType::float32, {rows}, values)}};
          }};
}

const std::vector<std::string_view> kRecords{R"({"a":1,"b":2})", R"({"a":3,"b":4})"};
constexpr auto kInt = DType::int64;
constexpr auto kFloat = DType::float32;

/// Which inputs of floats are marked as guessed, where the others might be taken too.
std::vector<bool> guessed(FakeModel& model, const std::vector<Signature>& others) {
  auto chosen = typed({kFloat, kFloat});
  detail::settle_guesses(model, chosen, others, {}, raw_chunk(kRecords));
  return {chosen.inputs[0].guessed, chosen.inputs[1].guessed};
}

}  // namespace

TEST_CASE("type guesses: floats are a guess where whole numbers come to the same") {
  auto model = giving([](DTypes) { return 1.0F; });
  CHECK(guessed(model, {typed({kFloat, kFloat})}) == std::vector{false, false});
  CHECK(guessed(model, {typed({kInt, kFloat})}) == std::vector{true, false});
  CHECK(guessed(model, {typed({kInt, kFloat}), typed({kFloat, kInt})}) == std::vector{true, true});
}

TEST_CASE("type guesses: what the model refuses is no guess") {
  auto model = giving([](DTypes types) {
    if (types[0] == kInt) throw ModelError("wants floats");
    return 1.0F;
  });
  CHECK(guessed(model, {typed({kInt, kFloat}), typed({kFloat, kInt})}) == std::vector{false, true});
}

TEST_CASE("type guesses: types that give other results are for the user to choose, who is told both") {
  auto model = giving([](DTypes types) { return types[1] == kInt ? 2.0F : 1.0F; });
  const auto message = message_of<UsageError>([&] { guessed(model, {typed({kFloat, kInt})}); });
  CHECK_THAT(message, Contains("a:float32:[] b:float32:[] and as a:float32:[] b:int64:[]") &&
                          Contains("\"y\": 1 and 2") && Contains("--input-spec, once for each input"));
}

TEST_CASE("type guesses: a model that never gives the same is not blamed for the types") {
  auto model = giving([count = 0.0F](DTypes) mutable { return ++count; });
  CHECK(guessed(model, {typed({kInt, kFloat})}) == std::vector{true, false});
}

TEST_CASE("type guesses: of many choices only some are compared") {
  auto model = giving([](DTypes) { return 1.0F; });
  guessed(model, std::vector<Signature>(60, typed({kInt, kInt})));
  CHECK(model.runs == 16 * kRecords.size() * 2);
}
