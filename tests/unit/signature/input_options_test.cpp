#include "signature/input_options.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/record/field_signature.hpp"

using namespace infer;
using namespace infer::detail;
using Catch::Matchers::Contains;

namespace {

Signature numbers() {
  return test::field_signature({{"width", DType::float32, {}, {}, {}}, {"ids", DType::int64, {}, {}, {}}});
}

/// Texts of up to 128 tokens, which make both inputs.
Signature text() {
  auto signature =
      test::field_signature({{"tokens", DType::int64, {}, {}, {}}, {"mask", DType::int64, {}, {}, {}}});
  signature.sources = {{{}, TokenPart::ids}, {{}, TokenPart::mask}};
  signature.text = TextSpec{{{"title"}, {"body"}}, 128, false, false};
  return signature;
}

Signature applied(Signature signature, const InputOptions& input) {
  apply_input_options(signature, input);
  return signature;
}

std::string refused(const Signature& signature, const InputOptions& input) {
  return test::message_of<UsageError>([&] { applied(signature, input); });
}

}  // namespace

TEST_CASE("input options: --field moves an input, others stay where the bundle has them") {
  auto signature = numbers();
  signature.sources[1].path = {"from", "bundle"};
  InputOptions input;
  input.field["width"] = "box.width";
  const auto moved = applied(signature, input);
  CHECK(moved.sources[0].path == JsonPath{"box", "width"});
  CHECK(moved.sources[1].path == JsonPath{"from", "bundle"});
  input.field["ids"] = "tokens";
  CHECK(applied(signature, input).sources[1].path == JsonPath{"tokens"});
}

TEST_CASE("input options: an input of which nobody says where it lies has a field of its name") {
  auto signature = numbers();
  for (auto& source : signature.sources) source.path.clear();
  const auto placed = applied(signature, {});
  CHECK(placed.sources[0].path == JsonPath{"width"});
  CHECK(placed.sources[1].path == JsonPath{"ids"});
}

TEST_CASE("input options: --field and --pad know the model's inputs, and what was nearly meant") {
  InputOptions input;
  input.field["witdh"] = "x";
  CHECK_THAT(refused(numbers(), input), Contains("--field witdh: the model has no such input") &&
                                            Contains("\"width\", \"ids\"") &&
                                            Contains("did you mean width?"));
  input.field.clear();
  input.pad["z"] = 0;
  CHECK_THAT(refused(numbers(), input), Contains("--pad z: the model has no such input"));
}

TEST_CASE("input options: --field may name what the model has beside its inputs") {
  auto signature = numbers();
  signature.unfed = {{"scale", {"scale"}, "leave it out"}};
  InputOptions input;
  input.field["scale"] = "none";
  CHECK_NOTHROW(applied(signature, input));
}

TEST_CASE("input options: --pad is kept where the input's type has the value") {
  InputOptions input;
  input.pad = {{"width", 0.5}, {"ids", 7}};
  const auto padded = applied(numbers(), input);
  CHECK(padded.inputs[0].pad == 0.5);
  CHECK(padded.inputs[1].pad == 7);
  input.pad["ids"] = 0.5;
  CHECK_THAT(refused(numbers(), input), Contains("--pad ids: the input is int64, which has no such value"));
}

TEST_CASE("input options: two inputs cannot come from one field, numbers or texts") {
  InputOptions input;
  input.field = {{"width", "v"}, {"ids", "v"}};
  CHECK_THAT(refused(numbers(), input), Contains("one field (\"v\")"));
  input.field = {{"title", "body"}};
  CHECK_THAT(refused(text(), input), Contains("one field (\"body\")"));
}

TEST_CASE("input options: a text is cut to what the model takes, unless less is asked for, or no cut") {
  CHECK(applied(text(), {}).text == TextSpec{{{"title"}, {"body"}}, 128, true, false});
  InputOptions input;
  input.field["title"] = "doc.title";
  input.max_length = 16;
  input.truncate = false;
  CHECK(applied(text(), input).text == TextSpec{{{"doc", "title"}, {"body"}}, 16, false, false});
  input.max_length = 129;
  CHECK_THAT(refused(text(), input), Contains("--max-length 129: the model takes 128 tokens at most"));
}

TEST_CASE("input options: --truncate and --max-length are refused where there is no text") {
  InputOptions cut;
  cut.truncate = true;
  CHECK_THAT(refused(numbers(), cut), Contains("need a model that takes text"));
  InputOptions shorter;
  shorter.max_length = 8;
  CHECK_THAT(refused(numbers(), shorter), Contains("need a model that takes text"));
}
