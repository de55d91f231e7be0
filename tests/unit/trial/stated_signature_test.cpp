#include "trial/stated_signature.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "config/input_spec.hpp"
#include "signature/signature.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/record/field_signature.hpp"

using namespace infer;
using namespace infer::detail;
using Catch::Matchers::Contains;
using infer::test::message_of;

namespace {

ModelInfo taking(std::vector<ModelArgument> arguments) {
  ModelInfo model;
  model.arguments = std::move(arguments);
  return model;
}

InputOptions given(const std::vector<std::string>& specs) {
  InputOptions input;
  for (const auto& spec : specs) input.spec.push_back(parse_input_spec(spec));
  return input;
}

std::string of_spec(const ModelInfo& model, const std::vector<std::string>& specs) {
  return describe_signature(signature_of_spec(model, given(specs)));
}

std::string refusal_of_spec(const ModelInfo& model, const std::vector<std::string>& specs) {
  return message_of<UsageError>([&] { of_spec(model, specs); });
}

Bundle bundle_of(std::vector<TensorSpec> inputs) {
  Bundle bundle;
  bundle.signature = test::field_signature(std::move(inputs));
  return bundle;
}

RunConfig config_of(const std::vector<std::string>& specs = {}) {
  RunConfig config;
  config.model.path = "model.pt";
  config.input = given(specs);
  return config;
}

const TensorSpec kA{"a", DType::int64, {}, {}, {}};
const TensorSpec kB{"b", DType::float32, {}, {}, {}};

}  // namespace

TEST_CASE("stated signature: inputs are in the model's order, those without names in the flags'") {
  CHECK(of_spec(taking({{"a"}, {"b"}}), {"b:float32:[]", "a:int64:[]"}) == "a:int64:[] b:float32:[]");
  CHECK(of_spec(taking({{""}, {""}}), {"b:float32:[]", "a:int64:[]"}) == "b:float32:[] a:int64:[]");
}

TEST_CASE("stated signature: defaults at the end may be left out, and are known as such") {
  const auto model = taking({{"a"}, {"mask", true}, {"scale", true}});
  const auto signature = signature_of_spec(model, given({"a:int64:[]"}));
  CHECK(describe_signature(signature) == "a:int64:[]");
  REQUIRE(signature.unfed.size() == 2);
  CHECK(signature.unfed[1].name == "scale");
  CHECK_THAT(signature.unfed[1].remedy, Contains("--input-spec") && Contains("--field scale=none"));
  CHECK_THAT(refusal_of_spec(model, {"a:int64:[]", "scale:float32:[]"}),
             Contains("--input-spec scale: ") && Contains("\"mask\", which stands before it, is missing"));
  CHECK_THAT(refusal_of_spec(model, {"a:int64:[]", "depth:int64:[]"}), Contains("depth is no input"));
}

TEST_CASE("stated signature: too few, too many and unknown inputs are told with what the model takes") {
  const auto model = taking({{"a"}, {"width"}});
  CHECK_THAT(refusal_of_spec(model, {"a:int64:[]"}), Contains("takes 2, and \"width\" is missing"));
  CHECK_THAT(refusal_of_spec(model, {"a:int64:[]", "width:int64:[]", "witdh:int64:[]"}),
             Contains("--input-spec witdh is no input of the model, which takes 2: \"a\", \"width\"") &&
                 Contains("did you mean width?"));
  CHECK_THAT(refusal_of_spec(taking({{""}, {""}}), {"a:int64:[]"}),
             Contains("takes 2; give one for each, in call order"));
}

TEST_CASE("stated signature: a bundle's is taken as it is, as long as the model takes as many") {
  CHECK(describe_signature(signature_of_bundle(taking({{"x"}, {"y", true}}), bundle_of({kA}), config_of())) ==
        "a:int64:[]");
  const auto refusal = [](const ModelInfo& model, const Bundle& bundle) {
    return message_of<UsageError>([&] { signature_of_bundle(model, bundle, config_of()); });
  };
  CHECK_THAT(refusal(taking({{"x"}}), bundle_of({kA, kB})),
             Contains("model.pt: infer.json describes 2 inputs, but the model takes 1"));
  CHECK_THAT(refusal(taking({{"x"}, {"y"}}), bundle_of({kA})), Contains("describes 1 inputs"));
}

TEST_CASE("stated signature: beside a bundle --input-spec is refused") {
  CHECK_THAT(message_of<UsageError>(
                 [] { signature_of_bundle(taking({{"a"}}), bundle_of({kA}), config_of({"a:int64:[]"})); }),
             Contains("--input-spec cannot be given") && Contains("infer inspect model.pt"));
}

TEST_CASE("stated signature: what no tensor carries is unfed, but for what lies within an input's field") {
  auto model = taking({{"a"}});
  model.unfed = {{"temperature", true, {}, 1, "float"}, {"box", true, {}, 2, "int"}};
  auto input = given({"a:int64:[]"});
  input.field["a"] = "box.a";
  const auto signature = signature_of_spec(model, input);
  REQUIRE(signature.unfed.size() == 1);
  CHECK(signature.unfed[0].name == "temperature");
  CHECK_THAT(signature.unfed[0].remedy, Contains("of type float for the whole batch"));
}
