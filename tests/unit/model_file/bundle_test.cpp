#include "model_file/bundle.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/model/fixtures.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::model_file;

namespace {

constexpr const char* kText = R"({
  "infer_bundle": 1, "task": "classification",
  "inputs": [
    {"name": "ids", "dtype": "int64", "shape": ["*"], "from": "token_ids", "range": [0, 10], "pad": 0},
    {"name": "mask", "dtype": "int32", "shape": ["*"], "from": "token_mask", "pad": 0}],
  "text": {"fields": ["a.text", "b"], "max_length": 256, "truncation_side": "left"},
  "outputs": [{"name": "logits", "shape": [2]}, {"name": "hidden", "shape": ["*", 8]}],
  "classes": {"labels": ["no", "yes"], "activation": "sigmoid", "threshold": 0.25},
  "max_batch": 64,
  "origin": {"model": "m", "layers": 6, "normalize": true}})";

constexpr const char* kNumbers = R"({
  "infer_bundle": 1, "task": "outputs",
  "inputs": [{"name": "x", "dtype": "float32", "shape": [2, "*"], "from": "field", "field": "a.x", "pad": -0.5},
             {"name": "y", "dtype": "bool", "shape": [], "from": "field"}],
  "outputs": [{"name": "out", "shape": []}]})";

constexpr const char* kPicture = R"({
  "infer_bundle": 1, "task": "outputs",
  "inputs": [{"name": "image", "dtype": "uint8", "shape": [224, 192, 3], "from": "image", "field": "photo"}],
  "image": {"backend": "torchvision", "orient": false, "steps": [
    {"step": "resize_shortest", "size": 256, "filter": "bicubic"},
    {"step": "center_crop", "size": [224, 192]}]},
  "outputs": [{"name": "out", "shape": []}]})";

/// `json` with the first `from` replaced by `to`.
std::string with(std::string json, const std::string& from, const std::string& to) {
  const auto at = json.find(from);
  REQUIRE(at != std::string::npos);
  return json.replace(at, from.size(), to);
}

std::string refusal(const std::string& json) {
  return message_of<UsageError>([&] { parse_bundle(json, "m.pt: infer.json"); });
}

}  // namespace

TEST_CASE("bundle: a text model's signature is read whole") {
  const auto bundle = parse_bundle(kText, "m");
  const auto& signature = bundle.signature;
  REQUIRE(signature.inputs.size() == 2);
  CHECK(signature.inputs[0].name == "ids");
  CHECK(signature.inputs[0].range->high == 10);
  CHECK(signature.inputs[1].dtype == DType::int32);
  CHECK(signature.inputs[1].pad == 0.0);
  CHECK(signature.sources == std::vector<InputSource>{{{}, TokenPart::ids}, {{}, TokenPart::mask}});
  CHECK(signature.text == TextSpec{{{"a", "text"}, {"b"}}, 256, true, true});
  CHECK(signature.result == ResultSpec{Task::classification,
                                       {"logits", "hidden"},
                                       {"no", "yes"},
                                       Activation::sigmoid,
                                       0.25,
                                       0,
                                       {{2}, {kVariableDim, 8}}});
  CHECK(signature.max_batch == 64);
  CHECK(bundle.origin == std::vector<std::pair<std::string, std::string>>{
                             {"model", "m"}, {"layers", "6"}, {"normalize", "true"}});
}

TEST_CASE("bundle: a model of numbers has fields, fixed and variable shapes, no text") {
  const auto signature = parse_bundle(kNumbers, "m").signature;
  CHECK(signature.inputs[0].shape == Shape{2, kVariableDim});
  CHECK(signature.inputs[0].pad == -0.5);
  CHECK(signature.sources == std::vector<InputSource>{{{"a", "x"}, {}}, {{"y"}, {}}});
  CHECK_FALSE(signature.text.has_value());
  CHECK(signature.max_batch == 0);
}

TEST_CASE("bundle: an embedding states its width") {
  const auto json =
      with(with(kNumbers, "\"outputs\",", "\"embedding\","), "\"shape\": []}]}", "\"shape\": [384]}]}");
  CHECK(parse_bundle(json, "m").signature.result.width == 384);
  CHECK_THAT(refusal(with(json, "[384]", "[\"*\"]")), Contains("outputs[0].shape"));
}

TEST_CASE("bundle: a likelihood has a value for each token") {
  const auto json =
      with(with(kNumbers, "\"outputs\",", "\"likelihood\","), "\"shape\": []}]}", "\"shape\": [\"*\"]}]}");
  CHECK(parse_bundle(json, "m").signature.result.task == Task::likelihood);
  CHECK_THAT(refusal(with(json, "\"out\", \"shape\": [\"*\"]", "\"out\", \"shape\": [384]")),
             Contains("outputs[0].shape: [384] does not fit the task likelihood"));
}

TEST_CASE("bundle: a prompt stands before one text") {
  const auto one = with(kText, "[\"a.text\", \"b\"]", "[\"a.text\"]");
  const auto json = with(one, "\"max_length\"", "\"prompt\": \"query: \", \"max_length\"");
  CHECK(parse_bundle(json, "m").signature.text->prompt == "query: ");
  CHECK(parse_bundle(one, "m").signature.text->prompt.empty());
  CHECK_THAT(refusal(with(json, "\"query: \"", "7")), Contains("text.prompt"));
  CHECK_THAT(refusal(with(kText, "\"max_length\"", "\"prompt\": \"query: \", \"max_length\"")),
             Contains("text.prompt: is for one text"));
}

TEST_CASE("bundle: packed tokens come with their counts, and all of them are packed") {
  const auto counts = with(kText, R"("shape": ["*"], "from": "token_mask", "pad": 0)",
                           R"("shape": [], "from": "token_count")");
  const auto json = with(counts, "\"pad\": 0", "\"pad\": 0, \"packed\": true");
  const auto signature = parse_bundle(json, "m").signature;
  CHECK(signature.inputs[0].packed);
  CHECK_FALSE(signature.inputs[1].packed);
  CHECK(signature.sources[1].tokens == TokenPart::count);

  CHECK_THAT(refusal(with(json, "[],", "[\"*\"],")), Contains("inputs[1].shape: must be []"));
  CHECK_THAT(refusal(with(json, "true", "1")), Contains("inputs[0].packed: must be true or false"));
  CHECK_THAT(refusal(with(kText, "\"pad\": 0", "\"pad\": 0, \"packed\": true")), Contains("packed all"));
  CHECK_THAT(refusal(with(with(kText, "\"pad\": 0", "\"pad\": 0, \"packed\": true"),
                          "\"from\": \"token_mask\", \"pad\": 0",
                          "\"from\": \"token_mask\", \"pad\": 0, \"packed\": true")),
             Contains("none from token_count"));
  CHECK_THAT(refusal(with(kNumbers, "\"pad\": -0.5", "\"pad\": -0.5, \"packed\": true")),
             Contains("inputs[0].packed: is for tokens"));
}

TEST_CASE("bundle: a picture's steps are read whole") {
  const auto json =
      with(kPicture, "{\"step\": \"center_crop\"",
           "{\"step\": \"center_square\", \"part\": 7, \"whole\": 8}, {\"step\": \"center_crop\"");
  const auto signature = parse_bundle(json, "m").signature;
  CHECK(signature.sources == std::vector<InputSource>{{{"photo"}, {}, true}});
  REQUIRE(signature.image.has_value());
  CHECK(signature.image == ImageSpec{ImageBackend::torchvision,
                                     false,
                                     {ResizeShortestStep{256, ResizeFilter::bicubic}, CenterSquareStep{7, 8},
                                      CenterCropStep{{224, 192}}},
                                     {224, 192}});
  CHECK_FALSE(parse_bundle(kNumbers, "m").signature.image.has_value());
}

TEST_CASE("bundle: of a picture's steps what does not hold together is refused with the key") {
  const auto refused = [](const std::string& from, const std::string& to) {
    return refusal(with(kPicture, from, to));
  };
  CHECK_THAT(refused("uint8", "float32"), Contains("inputs[0].dtype: must be uint8"));
  CHECK_THAT(refused("[224, 192, 3]", "[224, 192]"), Contains("inputs[0].shape: must be [height, width, 3]"));
  CHECK_THAT(refused("[224, 192, 3]", "[\"*\", 192, 3]"), Contains("inputs[0].shape"));
  CHECK_THAT(refused("[224, 192, 3]", "[224, 191, 3]"),
             Contains("image.steps: must end with a resize or a center_crop to the input's 224 x 191"));
  CHECK_THAT(refused("torchvision", "opencv"), Contains("image.backend: \"opencv\" is unknown"));
  CHECK_THAT(refused("bicubic", "hamming"),
             Contains("image.steps[0].filter: must be nearest, bilinear, bicubic or lanczos"));
  CHECK_THAT(refused("bicubic", "cubic"), Contains("image.steps[0].filter: \"cubic\" is unknown"));
  CHECK_THAT(refused("256", "0"), Contains("image.steps[0].size"));
  CHECK_THAT(refused("256", "40000"), Contains("image.steps[0].size"));
  CHECK_THAT(refused("\"size\": [224, 192]", "\"size\": 224"), Contains("image.steps[1].size"));
  CHECK_THAT(refused("center_crop", "crop"), Contains("image.steps[1].step: \"crop\" is unknown"));
  CHECK_THAT(refused("\"orient\": false", "\"turn\": false"), Contains("image.turn"));
  CHECK_THAT(refused("\"from\": \"image\"", "\"from\": \"field\""),
             Contains("image: no input comes from it"));
  CHECK_THAT(refusal(with(kNumbers, "\"from\": \"field\", \"field\": \"a.x\", \"pad\": -0.5",
                          "\"from\": \"image\"")),
             Contains("inputs[0].dtype: must be uint8"));
}

TEST_CASE("bundle: what does not hold together is refused with the key") {
  CHECK_THAT(refusal(with(kText, "\"infer_bundle\": 1", "\"infer_bundle\": 2")),
             Contains("m.pt: infer.json: infer_bundle") && Contains("reads 1"));
  CHECK_THAT(refusal(with(kText, "\"infer_bundle\": 1,", "")), Contains("infer_bundle: is missing"));
  CHECK_THAT(refusal(with(kText, "classification", "classify")), Contains("task: \"classify\" is unknown"));
  CHECK_THAT(refusal(with(kText, "int64", "int65")), Contains("inputs[0].dtype: \"int65\""));
  CHECK_THAT(refusal(with(kText, "int64", "float32")), Contains("inputs[0].range"));
  CHECK_THAT(refusal(with(kText, "int32", "float32")), Contains("inputs[1].dtype: must be int64 or int32"));
  CHECK_THAT(refusal(with(kText, "[0, 10]", "[10, 0]")), Contains("inputs[0].range: must be [low, high]"));
  CHECK_THAT(refusal(with(kText, "[0, 10]", "[0, 1.5]")), Contains("inputs[0].range"));
  CHECK_THAT(refusal(with(kText, "\"from\": \"token_mask\", \"pad\": 0", "\"from\": \"token_mask\"")),
             Contains("inputs[1].pad: is missing"));
  CHECK_THAT(refusal(with(kText, "\"token_mask\"", "\"tokens\"")),
             Contains("inputs[1].from: \"tokens\" is unknown"));
  CHECK_THAT(refusal(with(kText, "\"mask\"", "\"ids\"")), Contains("inputs[1].name: \"ids\" comes twice"));
  CHECK_THAT(refusal(with(kText, "[\"*\"], \"from\": \"token_ids\"", "[8], \"from\": \"token_ids\"")),
             Contains("inputs[0].shape"));
  CHECK_THAT(refusal(with(kText, "[\"a.text\", \"b\"]", "[]")), Contains("text.fields"));
  CHECK_THAT(refusal(with(kText, "256", "0")), Contains("text.max_length"));
  CHECK_THAT(refusal(with(kText, "\"left\"", "\"middle\"")), Contains("text.truncation_side"));
  CHECK_THAT(refusal(with(kText, "\"max_length\": 256,", "\"max_lenght\": 256,")),
             Contains("max_length: is missing"));
  CHECK_THAT(refusal(with(kText, "\"max_batch\"", "\"maxbatch\"")), Contains("maxbatch: is no key"));
  CHECK_THAT(refusal(with(kText, "[\"no\", \"yes\"]", "[\"no\"]")),
             Contains("outputs[0].shape: [2]") && Contains("1 labels") && Contains("needs [1]"));
  CHECK_THAT(refusal(with(kText, "sigmoid", "tanh")), Contains("classes.activation"));
  CHECK_THAT(refusal(with(kNumbers, "\"outputs\",", "\"classification\",")), Contains("classes: is missing"));
  CHECK_THAT(refusal(with(kText, "classification", "outputs")), Contains("classes: does not belong"));
  CHECK_THAT(refusal(with(kText, "\"layers\": 6", "\"layers\": [6]")), Contains("origin.layers"));
  CHECK_THAT(refusal(with(kNumbers, "\"from\": \"field\"}", "\"from\": \"token_ids\"}")),
             Contains("inputs[1]"));
  CHECK_THAT(refusal(with(kNumbers, "[2, \"*\"]", "[0]")), Contains("inputs[0].shape"));
  CHECK_THAT(refusal("[1]"), Contains("m.pt: infer.json: must be a JSON object"));
  CHECK_THAT(refusal("{\"infer_bundle\": 1"), Contains("no valid JSON"));
}

TEST_CASE("bundle: read from a model file, with its tokenizer") {
  const auto bundle = ModelFile(model_file("bundle_text.pt")).bundle();
  REQUIRE(bundle.has_value());
  CHECK(bundle->signature.result.labels == std::vector<std::string>{"negative", "positive", "neutral"});
  CHECK(bundle->tokenizer_kind == "WordLevel");
  CHECK_THAT(bundle->tokenizer, Contains("\"paris\""));
  CHECK(ModelFile(model_file("bundle_numbers.pt")).bundle()->tokenizer.empty());
  CHECK_FALSE(ModelFile(model_file("mlp.pt")).bundle().has_value());
  CHECK_THROWS_AS(ModelFile(model_file("state_dict.pt")).bundle(), UsageError);
}

TEST_CASE("bundle: a tokenizer that is missing or none is refused with the file") {
  const auto refused = [](const char* name) {
    return message_of<UsageError>([&] { ModelFile(model_file(name)).bundle(); });
  };
  CHECK_THAT(refused("bundle_no_tokenizer.pt"),
             Contains("bundle_no_tokenizer.pt") && Contains("tokenizer.json"));
  CHECK_THAT(refused("bundle_no_json_tokenizer.pt"), Contains("tokenizer.json: this is no tokenizer"));
}
