#include "decoder/decoder.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "unit/decoder/raw_chunk.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using infer::test::raw_chunk;
using Code = RecordErrorCode;

namespace {

TensorSpec spec(const std::string& name, DType dtype, Shape shape, std::optional<ValueRange> range = {}) {
  return {name, dtype, std::move(shape), range, {}};
}

/// Each input lies under its own name.
DecoderConfig config_of(std::vector<TensorSpec> inputs, std::vector<std::string> carried = {"id"}) {
  DecoderConfig config;
  for (const auto& input : inputs) config.signature.sources.push_back({{input.name}, {}});
  config.signature.inputs = std::move(inputs);
  config.carried = std::move(carried);
  config.max_record_bytes = 1000;
  return config;
}

DecodedChunk decode(const DecoderConfig& config, const std::vector<std::string_view>& lines) {
  return Decoder(config).decode(raw_chunk(lines));
}

/// The error of one record, which must have one.
RecordError error_of(const DecoderConfig& config, std::string_view line) {
  const auto chunk = decode(config, {line});
  REQUIRE(chunk.table.rows.size() == 1);
  INFO(line.substr(0, 200));
  REQUIRE(chunk.table.rows[0].error.has_value());
  return *chunk.table.rows[0].error;
}

RecordError error_of(const TensorSpec& input, std::string_view line) {
  return error_of(config_of({input}), line);
}

std::string carried_of(const DecoderConfig& config, std::string_view line) {
  const auto chunk = decode(config, {line});
  return std::string(chunk.table.carried_of(chunk.table.rows.at(0)));
}

std::string in_braces(std::string_view members) { return std::string("{").append(members).append("}"); }

template <class T>
std::vector<T> values_of(const Column& column) {
  std::vector<T> values(column.values.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), column.values.data(), column.values.size());
  return values;
}

/// The values of a record's only input, which must be accepted.
template <class T>
std::vector<T> accepted(const TensorSpec& input, std::string_view line) {
  const auto chunk = decode(config_of({input}), {line});
  const auto& error = chunk.table.rows.at(0).error;
  INFO(line.substr(0, 200) << (error ? ": " + error->message : ""));
  REQUIRE_FALSE(error.has_value());
  return values_of<T>(chunk.inputs.at(0));
}

Shape shape_of(const TensorSpec& input, std::string_view line) {
  const auto chunk = decode(config_of({input}), {line});
  REQUIRE(chunk.examples == 1);
  const auto shape = chunk.inputs[0].shape(0);
  return {shape.begin(), shape.end()};
}

const auto kFloat = spec("x", DType::float32, {});
const auto kFloats = spec("x", DType::float32, {kVariableDim});
const auto kInt = spec("x", DType::int64, {});

}  // namespace

TEST_CASE("decoder: a chunk without records has columns and no rows") {
  const auto chunk = decode(config_of({kFloat, spec("y", DType::int64, {2})}), {});
  CHECK(chunk.table.rows.empty());
  CHECK(chunk.examples == 0);
  REQUIRE(chunk.inputs.size() == 2);
  CHECK(chunk.inputs[1].rank == 1);
}

TEST_CASE("decoder: rows keep their line and offset, good ones count up as examples") {
  auto raw = raw_chunk({"{\"x\":1}", "{}", "{\"x\":3}"});
  raw.records[2].line = 9;
  raw.records[2].offset = 1234;
  raw.lines = 11;
  raw.read_ns = 5;
  const auto chunk = Decoder(config_of({kFloat})).decode(raw);
  REQUIRE(chunk.table.rows.size() == 3);
  CHECK(chunk.table.lines == 11);
  CHECK(chunk.work.read_ns == 5);
  CHECK(chunk.work.input_bytes == 16);
  CHECK(chunk.table.rows[0].example == 0);
  CHECK(chunk.table.rows[1].error.has_value());
  CHECK(chunk.table.rows[2].example == 1);
  CHECK(chunk.table.rows[2].line == 9);
  CHECK(chunk.table.rows[2].offset == 1234);
  CHECK(chunk.examples == 2);
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 3});
}

TEST_CASE("decoder: one decoder takes chunk after chunk and carries nothing over") {
  Decoder decoder(config_of({kFloat}));
  CHECK(decoder.decode(raw_chunk({"{\"x\":1,\"id\":1}", "[1"})).examples == 1);
  const auto second = decoder.decode(raw_chunk({"{\"x\":2}"}));
  CHECK(second.examples == 1);
  CHECK(second.table.carried.empty());
  CHECK(values_of<float>(second.inputs[0]) == std::vector<float>{2});
}

// ---- what is no JSON object ----

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
  CHECK(error_of(kFloat, R"({"x":1,"y":"\ud800"})").code == Code::invalid_json);
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

// ---- fields ----

TEST_CASE("decoder: a missing field is named, with its whole path") {
  CHECK(error_of(kFloat, "{}").code == Code::missing_field);
  CHECK(error_of(kFloat, "{\"y\":1}").message == "field \"x\" is missing");
  auto config = config_of({kFloat});
  config.signature.sources = {{{"user", "features"}, {}}};
  CHECK(error_of(config, "{\"user\":{\"other\":1}}").message == "field \"user.features\" is missing");
  CHECK(error_of(config, "{\"user\":5}").code == Code::missing_field);
  CHECK(error_of(config, "{\"user\":[1]}").code == Code::missing_field);
  CHECK(error_of(config, "{\"user.features\":1}").code == Code::missing_field);
  CHECK(error_of(config, "{\"features\":1}").code == Code::missing_field);
}

TEST_CASE("decoder: an input inside other objects is found by its path") {
  auto config = config_of({kFloat, spec("y", DType::float32, {})});
  config.signature.sources = {{{"a", "b", "c"}, {}}, {{"a", "d"}, {}}};
  const auto chunk = decode(config, {"{\"a\":{\"d\":2,\"b\":{\"z\":0,\"c\":1}},\"c\":9}"});
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1});
  CHECK(values_of<float>(chunk.inputs[1]) == std::vector<float>{2});
}

TEST_CASE("decoder: a key written with escapes is the same key") {
  CHECK(accepted<float>(kFloat, R"({"\u0078":4})") == std::vector<float>{4});
  CHECK(carried_of(config_of({kFloat}), R"({"x":1,"\u0069d":7})") == "\"id\":7");
}

TEST_CASE("decoder: of a repeated key the last one counts, for inputs and carried fields") {
  CHECK(accepted<float>(kFloat, "{\"x\":1,\"x\":2}") == std::vector<float>{2});
  CHECK(accepted<float>(kFloats, "{\"x\":[1,2,3],\"x\":[4]}") == std::vector<float>{4});
  CHECK(carried_of(config_of({kFloat}), "{\"id\":1,\"x\":1,\"id\":2}") == "\"id\":2");
  CHECK(error_of(kFloat, "{\"x\":1,\"x\":\"bad\"}").code == Code::wrong_type);
}

TEST_CASE("decoder: of a repeated key the last one counts, also when an earlier one is wrong") {
  CHECK(accepted<float>(kFloat, "{\"x\":\"bad\",\"x\":2}") == std::vector<float>{2});
}

TEST_CASE("decoder: an earlier one of a repeated key must be JSON all the same") {
  const auto x = spec("x", DType::boolean, {});
  CHECK(error_of(x, R"({"x":tru,"x":true})").code == Code::invalid_json);
  CHECK(error_of(spec("x", DType::float32, {2}), R"({"x":[1,"\q"],"x":[1,2]})").code == Code::invalid_json);
}

TEST_CASE("decoder: of a parent that comes twice, what it does not repeat is kept") {
  const auto config = config_of({spec("x", DType::int32, {})});
  auto nested = config;
  nested.signature.sources = {{{"o", "x"}, {}}};
  CHECK_FALSE(decode(nested, {R"({"o":{"x":1},"o":{"y":2}})"}).table.rows[0].error);
  CHECK(values_of<std::int32_t>(decode(nested, {R"({"o":{"x":1},"o":{"x":2}})"}).inputs[0]) ==
        std::vector<std::int32_t>{2});
}

TEST_CASE("decoder: a model without inputs accepts any object") {
  CHECK_FALSE(decode(config_of({}), {"{}"}).table.rows[0].error.has_value());
}

// ---- carried fields ----

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

// ---- numbers ----

TEST_CASE("decoder: every dtype takes its values") {
  CHECK(accepted<float>(kFloat, "{\"x\":-1.5e2}") == std::vector<float>{-150});
  CHECK(accepted<float>(kFloat, "{\"x\":3}") == std::vector<float>{3});
  CHECK(accepted<double>(spec("x", DType::float64, {}), "{\"x\":0.1}") == std::vector<double>{0.1});
  CHECK(accepted<float>(spec("x", DType::float16, {}), "{\"x\":0.5}") == std::vector<float>{0.5});
  CHECK(accepted<float>(spec("x", DType::bfloat16, {}), "{\"x\":0.5}") == std::vector<float>{0.5});
  CHECK(accepted<std::int64_t>(kInt, "{\"x\":-9223372036854775808}") ==
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min()});
  CHECK(accepted<std::int64_t>(kInt, "{\"x\":9223372036854775807}") ==
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::max()});
  CHECK(accepted<std::int32_t>(spec("x", DType::int32, {}), "{\"x\":-2147483648}") ==
        std::vector<std::int32_t>{std::numeric_limits<std::int32_t>::min()});
  CHECK(accepted<std::int16_t>(spec("x", DType::int16, {}), "{\"x\":32767}") ==
        std::vector<std::int16_t>{32767});
  CHECK(accepted<std::int8_t>(spec("x", DType::int8, {}), "{\"x\":-128}") == std::vector<std::int8_t>{-128});
  CHECK(accepted<std::uint8_t>(spec("x", DType::uint8, {}), "{\"x\":255}") == std::vector<std::uint8_t>{255});
  CHECK(accepted<std::uint8_t>(spec("x", DType::boolean, {2}), "{\"x\":[true,false]}") ==
        std::vector<std::uint8_t>{1, 0});
}

TEST_CASE(
    "decoder: values of another kind are wrong_type, and the message says what was expected and found") {
  CHECK(error_of(kFloat, "{\"x\":\"1\"}").message == "input \"x\": expected a number, found a string");
  CHECK(error_of(kFloat, "{\"x\":null}").message == "input \"x\": expected a number, found null");
  CHECK(error_of(kFloat, "{\"x\":true}").message == "input \"x\": expected a number, found a boolean");
  CHECK(error_of(kFloat, "{\"x\":[1]}").message == "input \"x\": expected a number, found an array");
  CHECK(error_of(kFloat, "{\"x\":{}}").message == "input \"x\": expected a number, found an object");
  CHECK(error_of(kInt, "{\"x\":1.5 }").message ==
        "input \"x\": expected a whole number, found the number 1.5");
  CHECK(error_of(kInt, "{\"x\":1.0}").message ==
        "input \"x\": expected a whole number, found the number 1.0");
  CHECK(error_of(kInt, "{\"x\":1e2}").code == Code::wrong_type);
  CHECK(error_of(spec("x", DType::boolean, {}), "{\"x\":1}").message ==
        "input \"x\": expected true or false, found the number 1");
  CHECK_THAT(error_of(kFloats, "{\"x\":1}").message, Contains("expected an array (shape [*])"));
  CHECK(error_of(kFloats, "{\"x\":[1,null]}").code == Code::wrong_type);
  CHECK(error_of(kFloats, "{\"x\":{\"0\":1}}").code == Code::wrong_type);
}

TEST_CASE("decoder: a number in a message ends where it ends, whatever white space follows") {
  CHECK(error_of(kInt, "{\"x\":1.5\t}").message ==
        "input \"x\": expected a whole number, found the number 1.5");
  CHECK(error_of(kInt, "{\"x\":1.5 \r ,\"y\":1}").message ==
        "input \"x\": expected a whole number, found the number 1.5");
}

TEST_CASE("decoder: NaN and infinity are no JSON numbers: an error, never a value") {
  for (const auto* token : {"NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "-NaN"}) {
    const auto line = "{\"x\":" + std::string(token) + "}";
    const auto code = error_of(kFloat, line).code;
    INFO(line);
    CHECK((code == Code::invalid_json || code == Code::wrong_type));
  }
}

TEST_CASE("decoder: a number outside its dtype is out_of_range") {
  CHECK(error_of(kFloat, "{\"x\":1e39}").message == "input \"x\": a number is too large for float32");
  CHECK(error_of(kFloat, "{\"x\":-1e39}").code == Code::out_of_range);
  CHECK(accepted<float>(kFloat, "{\"x\":3.4028234663852886e38}") ==
        std::vector<float>{std::numeric_limits<float>::max()});
  CHECK(accepted<float>(kFloat, "{\"x\":1e-60}") == std::vector<float>{0});
  CHECK(error_of(spec("x", DType::int8, {}), "{\"x\":128}").message ==
        "input \"x\": 128 is outside -128..127");
  CHECK(error_of(spec("x", DType::uint8, {}), "{\"x\":-1}").message == "input \"x\": -1 is outside 0..255");
  CHECK(error_of(spec("x", DType::int16, {}), "{\"x\":40000}").code == Code::out_of_range);
  CHECK(error_of(spec("x", DType::int32, {}), "{\"x\":2147483648}").code == Code::out_of_range);
}

TEST_CASE("decoder: numbers beyond 64 bits are out_of_range too") {
  CHECK(error_of(kInt, "{\"x\":9223372036854775808}").code == Code::out_of_range);
  CHECK(error_of(kInt, "{\"x\":-99999999999999999999999}").code == Code::out_of_range);
  CHECK(error_of(spec("x", DType::float64, {}), "{\"x\":1e400}").code == Code::out_of_range);
  CHECK(error_of(kFloat, "{\"x\":-1e400}").code == Code::out_of_range);
}

TEST_CASE("decoder: a number that float16 or bfloat16 cannot hold is out_of_range") {
  CHECK(accepted<float>(spec("x", DType::float16, {}), "{\"x\":65504}") == std::vector<float>{65504});
  CHECK(error_of(spec("x", DType::float16, {}), "{\"x\":100000}").code == Code::out_of_range);
}

TEST_CASE("decoder: an index outside the input's range is out_of_range, its ends are inside") {
  const auto ids = spec("x", DType::int64, {kVariableDim}, ValueRange{0, 9});
  CHECK(accepted<std::int64_t>(ids, "{\"x\":[0,9]}") == std::vector<std::int64_t>{0, 9});
  CHECK(error_of(ids, "{\"x\":[1,10]}").message == "input \"x\": 10 is outside 0..9");
  CHECK(error_of(ids, "{\"x\":[-1]}").code == Code::out_of_range);
}

TEST_CASE("decoder: a range wider than the dtype does not let a number wrap around") {
  CHECK(error_of(spec("x", DType::int8, {}, ValueRange{0, 1000}), "{\"x\":500}").code == Code::out_of_range);
}

TEST_CASE("decoder: long numbers are read, and no message repeats a megabyte of digits") {
  CHECK(accepted<double>(spec("x", DType::float64, {}), "{\"x\":0." + std::string(2000, '3') + "}") ==
        std::vector<double>{1.0 / 3});
  CHECK(accepted<float>(kFloat, "{\"x\":1" + std::string(30, '0') + "}") == std::vector<float>{1e30F});
  const auto error = error_of(kInt, "{\"x\":" + std::string(1'000'000, '1') + "}");
  CHECK(error.message.size() < 1000);
}

// ---- shapes ----

TEST_CASE("decoder: nested arrays follow the shape, row by row") {
  const auto matrix = spec("x", DType::float32, {2, 3});
  CHECK(accepted<float>(matrix, "{\"x\":[[1,2,3],[4,5,6]]}") == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(shape_of(matrix, "{\"x\":[[1,2,3],[4,5,6]]}") == Shape{2, 3});
  CHECK(shape_of(spec("x", DType::float32, {}), "{\"x\":1}") == Shape{});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, 2}), "{\"x\":[[1,2],[3,4],[5,6]]}") == Shape{3, 2});
  CHECK(shape_of(spec("x", DType::int64, {1, 1, 1}), "{\"x\":[[[1]]]}") == Shape{1, 1, 1});
}

TEST_CASE("decoder: a dimension of another size is wrong_shape and the message says which") {
  const auto matrix = spec("x", DType::float32, {2, 3});
  CHECK(error_of(matrix, "{\"x\":[[1,2,3]]}").message ==
        "input \"x\": dimension 0 has 1 values, expected 2 (shape [2,3])");
  CHECK(error_of(matrix, "{\"x\":[[1,2,3],[4,5]]}").message ==
        "input \"x\": dimension 1 has 2 values, expected 3 (shape [2,3])");
  CHECK(error_of(matrix, "{\"x\":[]}").code == Code::wrong_shape);
  CHECK(error_of(matrix, "{\"x\":[[1,2,3],[4,5,6],[7,8,9]]}").code == Code::wrong_shape);
}

TEST_CASE("decoder: ragged arrays are wrong_shape, mixed depth is wrong_type") {
  const auto open = spec("x", DType::float32, {kVariableDim, kVariableDim});
  CHECK(error_of(open, "{\"x\":[[1,2],[3]]}").message ==
        "input \"x\": dimension 1 has 1 values, expected 2 (shape [*,*])");
  CHECK(error_of(open, "{\"x\":[[],[1]]}").code == Code::wrong_shape);
  CHECK(error_of(open, "{\"x\":[[1],2]}").code == Code::wrong_type);
  CHECK(error_of(open, "{\"x\":[[1],[[2]]]}").code == Code::wrong_type);
}

TEST_CASE("decoder: empty arrays have length 0 where the length is variable") {
  CHECK(shape_of(kFloats, "{\"x\":[]}") == Shape{0});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, 3}), "{\"x\":[]}") == Shape{0, 3});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, kVariableDim}), "{\"x\":[]}") == Shape{0, 0});
  CHECK(shape_of(spec("x", DType::float32, {kVariableDim, kVariableDim}), "{\"x\":[[],[]]}") == Shape{2, 0});
}

TEST_CASE("decoder: examples of different lengths lie one after the other") {
  const auto chunk = decode(config_of({kFloats}), {"{\"x\":[1,2]}", "{\"x\":[]}", "{\"x\":[3]}"});
  CHECK(chunk.inputs[0].begins == std::vector<std::size_t>{0, 8, 8});
  CHECK(chunk.inputs[0].dims == std::vector<std::int64_t>{2, 0, 1});
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 2, 3});
}

TEST_CASE("decoder: after any error the columns hold the good examples and nothing else") {
  const auto config = config_of({kFloats, spec("y", DType::int64, {})});
  const auto chunk = decode(
      config, {"{\"x\":[1],\"y\":1}", "{\"x\":[8,8],\"y\":\"bad\"}", "{\"x\":[8,8]}", "{\"y\":8}",
               "{\"x\":[2,3],\"y\":2}", "{\"x\":[8],\"y\":8,", "{\"x\":[8],\"y\":8} 8",
               "{\"x\":[8,\"bad\"],\"y\":8}", "{\"y\":8,\"x\":[8],\"x\":[[8]]}", "{\"y\":3,\"x\":[]}"});
  CHECK(chunk.examples == 3);
  CHECK(chunk.inputs[0].size() == 3);
  CHECK(chunk.inputs[1].size() == 3);
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{1, 2, 3});
  CHECK(chunk.inputs[0].dims == std::vector<std::int64_t>{1, 2, 0});
  CHECK(values_of<std::int64_t>(chunk.inputs[1]) == std::vector<std::int64_t>{1, 2, 3});
  std::size_t failed = 0;
  for (const auto& row : chunk.table.rows) failed += row.error ? 1U : 0U;
  CHECK(failed == 7);
}

// ---- size ----

TEST_CASE("decoder: a record that the reader found too long is too_long, with the limit in the message") {
  auto raw = raw_chunk({"{\"x\":1}", "{\"x\":2}"});
  raw.records[0].too_long = true;
  const auto chunk = Decoder(config_of({kFloat})).decode(raw);
  CHECK(chunk.table.rows[0].error->code == Code::too_long);
  CHECK_THAT(chunk.table.rows[0].error->message, EndsWith("--max-record-bytes 1000"));
  CHECK(chunk.table.rows[0].carried_size == 0);
  CHECK(values_of<float>(chunk.inputs[0]) == std::vector<float>{2});
}

TEST_CASE("decoder: strings of a megabyte pass, wanted or not") {
  const auto text = "\"" + std::string(1'000'000, 'a') + "\\n\"";
  CHECK(carried_of(config_of({kFloat}), "{\"x\":1,\"y\":" + text + ",\"id\":" + text + "}") ==
        "\"id\":" + text);
  CHECK(error_of(kFloat, "{\"x\":" + text + "}").message == "input \"x\": expected a number, found a string");
}

TEST_CASE("decoder: an array of a hundred thousand numbers is read") {
  std::string line = "{\"x\":[0";
  for (int i = 1; i < 100'000; ++i) line.append(",").append(std::to_string(i));
  const auto values = accepted<std::int64_t>(spec("x", DType::int64, {kVariableDim}), line + "]}");
  REQUIRE(values.size() == 100'000);
  CHECK(values.back() == 99'999);
}
