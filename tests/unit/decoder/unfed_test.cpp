#include <catch2/catch.hpp>

#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

DecoderConfig with_unfed(std::vector<JsonPath> paths) {
  auto config = config_of({spec("x", DType::float32, {})});
  for (auto& path : paths) config.signature.unfed.push_back({path.back(), std::move(path), "leave it out"});
  return config;
}

}  // namespace

TEST_CASE("decoder: a value for an argument that is not fed is an error that names it and the remedy") {
  const auto config = with_unfed({{"scale"}, {"more", "mask"}});
  for (const auto* line :
       {R"({"x":1,"scale":3})", R"({"scale":false,"x":1})", R"({"x":1,"scale":{"a":[1]}})"}) {
    const auto error = error_of(config, line);
    CHECK(error.code == RecordErrorCode::unfed_field);
    CHECK_THAT(error.message, Contains("\"scale\"") && Contains("leave it out"));
  }
  CHECK_THAT(error_of(config, R"({"x":1,"more":{"mask":[1]}})").message, Contains("\"more.mask\""));
}

TEST_CASE("decoder: without a value, or with null, an argument that is not fed is nobody's business") {
  const auto config = with_unfed({{"scale"}, {"more", "mask"}});
  for (const auto* line :
       {R"({"x":1})", R"({"x":1,"scale":null})", R"({"x":1,"more":{"scale":1}})", R"({"x":1,"scaled":1})"})
    CHECK_FALSE(decode(config, {line}).table.rows[0].error.has_value());
}

TEST_CASE("decoder: a broken record is broken first of all") {
  CHECK(error_of(with_unfed({{"scale"}}), R"({"scale":1,"x":)").code == RecordErrorCode::invalid_json);
}

TEST_CASE(
    "decoder: a whole number that a guessed float type does not hold is an error, any other number is not") {
  auto scalar = spec("x", DType::float32, {});
  auto list = spec("x", DType::float32, {2});
  for (auto* input : {&scalar, &list}) input->guessed = true;
  for (const auto* number : {"16777217", "-16777219", "9007199254740993", "1e15"}) {
    const auto error = error_of(scalar, std::string("{\"x\":") + number + "}");
    CHECK(error.code == RecordErrorCode::out_of_range);
    CHECK_THAT(error.message, Contains("--input-spec x:int64:[]"));
    CHECK_THAT(error_of(list, std::string("{\"x\":[1,") + number + "]}").message,
               Contains("--input-spec x:int64:[2]"));
  }
  for (const auto* number : {"16777216", "16777218", "0.1", "16777217.5", "-3"})
    CHECK_FALSE(
        decode(config_of({scalar}), {std::string("{\"x\":") + number + "}"}).table.rows[0].error.has_value());
  CHECK_FALSE(decode(config_of({spec("x", DType::float32, {})}), {R"({"x":16777217})"})
                  .table.rows[0]
                  .error.has_value());
}
