#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;
using Code = RecordErrorCode;

TEST_CASE("decoder: carried values keep their text byte for byte") {
  const auto config = config_of({kFloat});
  for (const std::string value :
       {"7", "-0.10", "1E5", "12345678901234567890123", "\"a\"", R"("\u00e9\/\n")", "\"\xC3\xA9\"", "null",
        "true", "[]", "{}", "[1, 2 ,{\"a\" : [ ] }]", "{ \"k\":\t\"v\" }", "\"\"", "\"}{,:\""}) {
    CHECK(carried_of(config, "{\"id\":" + value + ",\"x\":1}") == "\"id\":" + value);
    CHECK(carried_of(config, "{\"x\":1,\"id\": \t" + value + " \t }") == "\"id\":" + value);
    CHECK(carried_of(config, "{\"x\":1, \"id\" : " + value + " , \"z\":[1]}") == "\"id\":" + value);
  }
}

TEST_CASE("decoder: carried fields come in the order asked for, absent ones are left out") {
  const auto config = config_of({kFloat}, {"id", "user.name", "tag"});
  CHECK(carried_of(config, "{\"tag\":3,\"x\":1,\"user\":{\"name\":\"B\",\"age\":5},\"id\":1}") ==
        "\"id\":1,\"user.name\":\"B\",\"tag\":3");
  CHECK(carried_of(config, "{\"x\":1,\"tag\":3}") == "\"tag\":3");
  CHECK(carried_of(config, "{\"x\":1,\"user\":7}").empty());
}

TEST_CASE("decoder: an object may be carried whole and in parts, and hold an input") {
  auto config = config_of({kFloat}, {"user", "user.name"});
  config.signature.sources = {{{"user", "x"}, {}}};
  const auto chunk = decode(config, {"{\"user\":{ \"name\":\"B\", \"x\":4 }}"});
  REQUIRE_FALSE(chunk.table.rows[0].error.has_value());
  CHECK(chunk.table.carried_of(chunk.table.rows[0]) ==
        "\"user\":{ \"name\":\"B\", \"x\":4 },\"user.name\":\"B\"");
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{4});
}

TEST_CASE("decoder: an input may be carried too") {
  CHECK(carried_of(config_of({kFloats}, {"x"}), "{\"x\":[1, 2.50]}") == "\"x\":[1, 2.50]");
}

TEST_CASE("decoder: the id is kept also when an input before or after it is wrong") {
  const auto config = config_of({kFloats, spec("y", DType::int64, {2})});
  for (const auto* line :
       {"{\"id\":7,\"x\":\"bad\",\"y\":[1,2]}", "{\"x\":\"bad\",\"y\":[1,2],\"id\":7}",
        "{\"x\":[1,\"bad\",[2],{}],\"y\":[1,2],\"id\":7}", "{\"x\":[1],\"y\":[1,2,3],\"id\":7}",
        "{\"x\":{\"a\":[1]},\"id\":7}", "{\"id\":7}", "{\"x\":[[[1]]],\"y\":[1.5,[2]],\"id\":7}"}) {
    const auto chunk = decode(config, {line});
    INFO(line);
    CHECK(chunk.table.rows[0].error.has_value());
    CHECK(chunk.table.rows[0].error->code != Code::invalid_json);
    CHECK(chunk.table.carried_of(chunk.table.rows[0]) == "\"id\":7");
  }
}

TEST_CASE("decoder: of a broken record what came before the break may be kept, and nothing else") {
  CHECK(carried_of(config_of({kFloat}), "{\"id\":7,\"x\":1,\"y\":tru}") == "\"id\":7");
  CHECK(carried_of(config_of({kFloat}), "{\"x\":1,\"y\":tru,\"id\":7}").empty());
  CHECK(carried_of(config_of({kFloat}), "{\"x\":1,\"id\":[1,tru]}").empty());
}

TEST_CASE("decoder: a wrong input that is carried too is carried whole or not at all") {
  const auto config = config_of({kFloats, spec("y", DType::float32, {kVariableDim})}, {"x", "y"});
  for (const auto* line : {"{\"x\":[1,\"bad\",2],\"y\":[1]}", "{\"x\":\"bad\",\"y\":[1,\"bad\",2]}",
                           "{\"x\":[1,[2],3],\"y\":[[4],5]}", "{\"x\":[1,{\"a\":1}],\"y\":{\"b\":[1]}}"}) {
    const auto chunk = decode(config, {line});
    const auto row = in_braces(chunk.table.carried_of(chunk.table.rows[0]));
    INFO(line << " -> " << row);
    CHECK_FALSE(decode(config_of({}), {row}).table.rows[0].error.has_value());  // the output must be JSON
  }
}

TEST_CASE("decoder: an object that holds a wrong input is carried only when it is JSON") {
  auto config = config_of({spec("x", DType::boolean, {})}, {"o"});
  config.signature.sources = {{{"o", "x"}, {}}};
  CHECK(carried_of(config, R"({"o":{"x":[1,2],"y":3}})") == R"("o":{"x":[1,2],"y":3})");
  CHECK(carried_of(config, R"({"o":{"x":tru,"y":3}})").empty());
  CHECK(carried_of(config, R"({"o":{"x":["\q"],"y":3}})").empty());
  CHECK(carried_of(config, R"({"o":{"x":tru,"x":true}})").empty());
}

TEST_CASE("decoder: the name of a carried field is written as JSON") {
  const auto row = in_braces(carried_of(config_of({kFloat}, {"a\"b\\c"}), R"({"x":1,"a\"b\\c":2})"));
  CHECK(row == R"({"a\"b\\c":2})");
}
