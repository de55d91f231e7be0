#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::EndsWith;
using Code = RecordErrorCode;

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
