#include "trial/checks/size_check.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::detail;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

using Values = std::vector<float>;

/// Gives the numbers that it gets, a row each.
NamedTensor rows_of(const Values& values) {
  return {"y", tensor_of<float>(DType::float32, {static_cast<std::int64_t>(values.size())}, values)};
}

/// Refuses where `refuses` says so of a batch's values.
FakeModel refusing(std::function<bool(const Values&)> refuses) {
  return {{{"x", false}}, [refuses = std::move(refuses)](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
            Values values(inputs[0].bytes.size() / sizeof(float));
            std::memcpy(values.data(), inputs[0].bytes.data(), inputs[0].bytes.size());
            if (refuses(values)) throw ModelError("not so many");
            return {rows_of(values)};
          }};
}

struct Sizes {
  std::size_t least = 0;
  std::size_t most = 0;  ///< 0: not limited

  bool operator==(const Sizes&) const = default;
};

/// Record 0 is 1.5, tried beside 2.5.
Sizes sizes_of(Model& model) {
  const auto signature = field_signature({{"x", DType::float32, {}, {}, {}}});
  const std::vector<std::string_view> lines{R"({"x":1.5})", R"({"x":2.5})"};
  TrialExamples examples(signature, {}, raw_chunk(lines), nullptr, false);
  TrialRuns runs(model, signature, examples);
  const auto most = check_sizes(runs, 0, {1, 0, 0});
  return {runs.min_batch(), most};
}

}  // namespace

TEST_CASE("size check: of a model that takes any batch nothing is limited") {
  auto model = refusing([](const Values&) { return false; });
  CHECK(sizes_of(model) == Sizes{1, 0});
}

TEST_CASE("size check: one record too few is two at least") {
  auto model = refusing([](const Values& values) { return values.size() < 2; });
  CHECK(sizes_of(model) == Sizes{2, 0});
}

TEST_CASE("size check: three records too many are two at most") {
  auto model = refusing([](const Values& values) { return values.size() > 2; });
  CHECK(sizes_of(model) == Sizes{1, 2});
}

TEST_CASE("size check: a refusal that the other record is the reason for limits nothing") {
  auto model = refusing([](const Values& values) { return values[0] == 2.5F; });
  CHECK(sizes_of(model) == Sizes{1, 0});
}

TEST_CASE("size check: where one record has another kind of result, two are the least") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    const auto rows = inputs[0].shape.at(0);
    if (rows > 1) return scores(inputs);
    return {{"y", tensor_of<float>(DType::float32, {1, 1}, Values{1})}};
  });
  CHECK(sizes_of(model) == Sizes{2, 0});
}

TEST_CASE("size check: other outputs for three records than for two are refused") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    const auto rows = inputs[0].shape.at(0);
    if (rows == 1) throw ModelError("not one");
    return {{rows == 2 ? "two" : "three", scores(inputs)[0].value}};
  });
  CHECK_THAT(message_of<UsageError>([&] { sizes_of(model); }),
             Contains("other outputs for three records than for two: \"two\" [2], then \"three\" [3]"));
}
