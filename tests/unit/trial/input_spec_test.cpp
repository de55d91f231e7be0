#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "config/input_spec.hpp"
#include "signature/signature.hpp"
#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

std::string parsed(const std::string& text) {
  return describe_signature(test::field_signature({parse_input_spec(text)}));
}

}  // namespace

TEST_CASE("input spec: the documented forms") {
  CHECK(parsed("x:float32:[64]") == "x:float32:[64]");
  CHECK(parsed("x:f16:[]") == "x:float16:[]");
  CHECK(parsed("image:uint8:[3,224,224]") == "image:uint8:[3,224,224]");
  CHECK(parsed("ids:i64:[*,2,*]") == "ids:int64:[*,2,*]");
  CHECK_FALSE(parse_input_spec("x:int64:[*]").range.has_value());
  const auto spec = parse_input_spec("ids:int64:[*]:-5..30521");
  REQUIRE(spec.range.has_value());
  CHECK(spec.range->low == -5);
  CHECK(spec.range->high == 30521);
}

TEST_CASE("input spec: anything else is a usage error that quotes it and shows the form") {
  for (const std::string text : {"",
                                 "x",
                                 "x:float32",
                                 ":float32:[1]",
                                 "x:float99:[1]",
                                 "x:float32:1",
                                 "x:float32:[1",
                                 "x:float32:1]",
                                 "x:float32:[",
                                 "x:float32:[0]",
                                 "x:float32:[1,]",
                                 "x:float32:[,]",
                                 "x:float32:[1.5]",
                                 "x:float32:[**]",
                                 "x:float32:[99999999999999999999]",
                                 "x:int64:[*]:",
                                 "x:int64:[*]:5",
                                 "x:int64:[*]:5..",
                                 "x:int64:[*]:..5",
                                 "x:int64:[*]:9..1",
                                 "x:int64:[*]:a..b",
                                 "x:int64:[*]:0..9:1",
                                 "x:float32:[*]:0..9",
                                 "x:bool:[*]:0..1"}) {
    const auto message = message_of<UsageError>([&] { parse_input_spec(text); });
    CHECK_THAT(message, Contains("--input-spec " + text) && Contains("name:dtype:shape"));
  }
}

TEST_CASE("input spec: a length of -1 is refused like every other below 1") {
  CHECK_THAT(message_of<UsageError>([] { parse_input_spec("x:float32:[-1]"); }), Contains("1 or more"));
}

TEST_CASE("input spec: a model whose inputs have no names takes them in order") {
  auto model = accepting({{"", false}, {"", false}});
  RunConfig config;
  config.input.spec = {parse_input_spec("b:float32:[]"), parse_input_spec("a:int64:[*]")};
  const auto signature = resolve_signature(model, {}, config, raw_chunk({"{\"a\":[1],\"b\":2}"})).signature;
  CHECK(describe_signature(signature) == "b:float32:[] a:int64:[*]");
  CHECK(signature.sources == std::vector<InputSource>{{{"b"}, {}}, {{"a"}, {}}});
}

TEST_CASE("input spec: a model that refuses the records is a usage error with the model's words") {
  auto model = accepting_only({{"x", false}}, {DType::int32});
  RunConfig config;
  config.input.spec = {parse_input_spec("x:int64:[]")};
  CHECK_THAT(refused(model, {"{\"x\":1}"}, config), Contains("x:int64:[]") && Contains("wrong dtype"));
}

TEST_CASE("input spec: blanks in a shape mean nothing") {
  CHECK(shape_text(parse_input_spec("x:float32:[3, 32, 32 ]").shape) == "[3,32,32]");
}

TEST_CASE("input spec: records of which none fits are refused, unless so many may fail") {
  auto model = accepting({{"x", false}});
  RunConfig config;
  config.input.spec = {parse_input_spec("x:int64:[]")};
  CHECK_THAT(refused(model, {"{\"x\":\"bad\"}"}, config), Contains("--max-errors 100%"));
  config.output.max_errors = {100, true};
  CHECK(described(model, {"{\"x\":\"bad\"}"}, config) == "x:int64:[]");
  CHECK(model.runs == 0);
}
