#include <catch2/catch.hpp>
#include <cstring>

#include "unit/pipeline/resolve.hpp"

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
  config.seed = 7;
  CHECK_THAT(refused(model, kRecords, config), Contains("share its batch"));
}

TEST_CASE("model trial: a seed without effect is said, whichever format the model has") {
  for (const auto format : {ModelFormat::torchscript, ModelFormat::aotinductor}) {
    auto model = accepting({{"x", false}});
    model.set_format(format);
    RunConfig config;
    config.seed = 7;
    const auto warnings = resolve_signature(model, {}, config, raw_chunk(kRecords)).warnings;
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Contains("--seed has no effect"));
  }
}
