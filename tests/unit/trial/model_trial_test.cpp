#include <catch2/catch.hpp>
#include <cstring>

#include "trial/batch_size_trial.hpp"
#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// Each number divided by how many share its batch.
std::vector<NamedTensor> shared_out(Inputs inputs) {
  const auto rows = inputs[0].shape.at(0);
  std::vector<float> values(static_cast<std::size_t>(rows));
  std::memcpy(values.data(), inputs[0].bytes.data(), inputs[0].bytes.size());
  for (auto& value : values) value /= static_cast<float>(rows);
  return {{"y", tensor_of<float>(DType::float32, {rows}, values)}};
}

const std::vector<std::string_view> kRecords{R"({"x":1.5})", R"({"x":2.5})", R"({"x":0.5})"};

}  // namespace

TEST_CASE("model trial: a seed that a compiled model has no use for hides nothing") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) { return shared_out(inputs); });
  model.set_format(ModelFormat::aotinductor);
  RunConfig config;
  CHECK_THAT(refused(model, kRecords, config), Contains("share its batch"));
  config.model.seed = 7;
  CHECK_THAT(refused(model, kRecords, config), Contains("share its batch"));
}

TEST_CASE("model trial: a seed without effect is said, whichever format the model has") {
  for (const auto format : {ModelFormat::torchscript, ModelFormat::aotinductor}) {
    auto model = accepting({{"x", false}});
    model.set_format(format);
    RunConfig config;
    config.model.seed = 7;
    const auto warnings = resolve_signature(model, {}, config, raw_chunk(kRecords)).warnings;
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Contains("--seed has no effect"));
  }
}

TEST_CASE("model trial: the one size of a batch that a model takes is found") {
  const auto takes = [](std::int64_t only) {
    return FakeModel({{"x", false}}, [only](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
      const auto rows = inputs[0].shape.at(0);
      if (rows != only)
        throw ModelError("expected " + std::to_string(only) + ", got " + std::to_string(rows));
      return {{"y", {DType::float32, {rows}, inputs[0].owner, inputs[0].bytes}}};
    });
  };
  for (const std::int64_t only : {1, 7, 64}) {
    auto model = takes(only);
    const auto signature = resolve_signature(model, {}, {}, raw_chunk(kRecords)).signature;
    CHECK(signature.min_batch == static_cast<std::size_t>(only));
    CHECK(signature.max_batch == static_cast<std::size_t>(only));
  }
  auto too_many = takes(1000);
  CHECK_THAT(refused(too_many, kRecords, {}), Contains("the model refused the first records"));
}

TEST_CASE("model trial: sizes that a refusal names, once each and in order") {
  using infer::detail::sizes_named;
  CHECK(sizes_named("shape '[8, 4]' is invalid for 8x16, not 2, 1 or 100000") ==
        std::vector<std::size_t>{8, 4, 16});
  CHECK(sizes_named("no number").empty());
  CHECK(sizes_named("99999999999999999999999 and 5") == std::vector<std::size_t>{5});
}
