#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;
using Code = RecordErrorCode;

TEST_CASE("decoder: what is valid JSON but no object is invalid_json, and the message says so") {
  for (const auto* line : {"[1,2]", "5", "-1.5", "\"x\"", "true", "null"}) {
    const auto error = error_of(kFloat, line);
    CHECK(error.code == Code::invalid_json);
    CHECK_THAT(error.message, Contains("not a JSON object"));
  }
}

TEST_CASE("decoder: broken JSON is invalid_json") {
  for (const auto* line : {"{",
                           "}",
                           "{\"x\"",
                           "{\"x\":",
                           "{\"x\":1",
                           "{\"x\":1,",
                           "{\"x\":1,}",
                           "{\"x\" 1}",
                           "{x:1}",
                           "{'x':1}",
                           "{,}",
                           "{\"x\":1 \"y\":2}",
                           "{\"x\":1,,\"y\":2}",
                           "{\"x\":1]",
                           "{\"x\":1,\"y\":[1,2}",
                           "{\"x\":1,\"y\":[1,]}",
                           "{\"x\":1,\"y\":[,1]}",
                           "{\"x\":1,\"y\":{\"a\"}}",
                           "{\"x\":1,\"y\":{\"a\":1,}}",
                           "{\"x\":1,\"y\":\"open}",
                           "{\"x\":1,\"y\":}",
                           "{\"x\":1,:2}",
                           "{\"x\":1,1:2}",
                           "hello",
                           "{\"x\":1,\"y\":[1 2]}",
                           "{\"y\":[[1],\"x\":1}"}) {
    const auto error = error_of(kFloat, line);
    INFO(line << " -> " << error.message);
    CHECK(error.code == Code::invalid_json);
  }
}

TEST_CASE("decoder: a broken scalar that nobody wants still makes the record invalid_json") {
  for (const auto* value :
       {"tru",   "truex", "nul",       "nulll",   "falsy",     "NaN",     "Infinity", "-Infinity",
        "-",     "+1",    "01",        "1.",      ".5",        "1e",      "1e+",      "0x10",
        "1_000", "'a'",   "undefined", "\"\\q\"", "\"\\u12\"", "\"a\tb\""}) {
    const auto line = "{\"y\":" + std::string(value) + ",\"x\":1}";
    const auto error = error_of(kFloat, line);
    INFO(line << " -> " << error.message);
    CHECK(error.code == Code::invalid_json);
  }
}

TEST_CASE("decoder: anything after the object is invalid_json") {
  for (const auto* line : {"{\"x\":1} x", "{\"x\":1}{\"x\":2}", "{\"x\":1},", "{\"x\":1}}", "{\"x\":1}]",
                           "{\"x\":1} 5", "{\"x\":1}\"\"", "{\"x\":1} null"}) {
    const auto error = error_of(kFloat, line);
    INFO(line << " -> " << error.message);
    CHECK(error.code == Code::invalid_json);
  }
}

TEST_CASE("decoder: white space around and inside the object is fine") {
  CHECK(accepted<float>(kFloat, " \t{ \"x\" :\t1 , \"y\" : [ 1 , { } ] } \r\t ") == std::vector<float>{1});
}

TEST_CASE("decoder: an unfinished record takes nothing from the next one") {
  const auto chunk = decode(config_of({kInt}), {"{\"x\":1", "2}", "{\"x\":[1", "2]}", "{\"x\":7}"});
  for (const std::size_t row : {0U, 1U, 2U, 3U})
    CHECK(chunk.table.rows[row].error->code != Code::missing_field);
  CHECK(chunk.table.rows[0].error->code == Code::invalid_json);
  CHECK(values_of<std::int64_t>(chunk.inputs[0]) == std::vector<std::int64_t>{7});
}

TEST_CASE("decoder: invalid UTF-8 anywhere is invalid_json") {
  for (const auto* bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80"}) {
    CHECK(error_of(kFloat, "{\"x\":1,\"y\":\"" + std::string(bad) + "\"}").code == Code::invalid_json);
    CHECK(error_of(kFloat, "{\"x\":1,\"" + std::string(bad) + "\":0}").code == Code::invalid_json);
  }
}

TEST_CASE("decoder: lone surrogates are invalid_json, pairs are fine") {
  const auto half = error_of(kFloat, R"({"x":1,"y":"\ud800"})");
  CHECK(half.code == Code::invalid_json);
  CHECK_THAT(half.message, Catch::Contains("half of a pair"));
  CHECK(error_of(kFloat, R"({"x":1,"y":"\udc00 "})").code == Code::invalid_json);
  CHECK(error_of(kFloat, R"({"x":1,"\ud800":2})").code == Code::invalid_json);
  CHECK(accepted<float>(kFloat, R"({"x":1,"y":"\ud83d\ude00"})").size() == 1);
}

TEST_CASE("decoder: a byte order mark before the object is invalid_json, inside a string it is text") {
  CHECK(error_of(kFloat, "\xEF\xBB\xBF{\"x\":1}").code == Code::invalid_json);
  CHECK(carried_of(config_of({kFloat}), "{\"x\":1,\"id\":\"\xEF\xBB\xBF\"}") == "\"id\":\"\xEF\xBB\xBF\"");
}

TEST_CASE("decoder: 100,000 brackets are one invalid_json, wherever they are") {
  const std::string open(100'000, '[');
  const std::string close(100'000, ']');
  CHECK(error_of(kFloat, open).code == Code::invalid_json);
  CHECK(error_of(kFloat, "{\"y\":" + open).code == Code::invalid_json);
  CHECK(error_of(kFloat, "{\"x\":1,\"y\":" + open + close + "}").code == Code::invalid_json);
  CHECK(error_of(kFloats, "{\"x\":" + open).code != Code::missing_field);
  CHECK(error_of(kFloats, "{\"x\":" + open + close + "}").code != Code::missing_field);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(error_of(kFloat, objects).code == Code::invalid_json);
  CHECK(error_of(kFloat, "{\"x\":1,\"id\":" + objects + "1" + std::string(100'000, '}') + "}").code ==
        Code::invalid_json);
}

TEST_CASE("decoder: nesting that nobody wants is taken to 256 levels and the message names the limit") {
  const auto nested = [](std::size_t depth) {
    return "{\"x\":1,\"y\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(accepted<float>(kFloat, nested(200)).size() == 1);
  CHECK(accepted<float>(kFloat, nested(256)).size() == 1);
  CHECK_THAT(error_of(kFloat, nested(257)).message, Contains("256 levels"));
}

TEST_CASE("decoder: a record after a broken one is decoded as if it came first") {
  const std::string deep(100'000, '[');
  const auto chunk = decode(config_of({kFloats}), {"{\"x\":[1,2", "{\"x\":[1]}", deep, "{\"x\":[2]}",
                                                   "{\"x\":[\"a\",[", "{\"x\":[3]}"});
  CHECK(chunk.examples == 3);
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 2, 3});
}
