#include "json/json_check.hpp"

#include <catch2/catch.hpp>

#include "json/json_text.hpp"

using namespace infer;

TEST_CASE("json: a text is told to be one JSON value or none") {
  JsonCheck check;
  for (const auto* text : {"{}", " [1, \"a\\n\"]\r\n", "17", "\"x\"", "null"}) CHECK(check.accepts(text));
  for (const auto* text : {"", " ", "{", "{}{}", "{'a':1}", "\"\n\"", "NaN", "\"\xe9\""})
    CHECK_FALSE(check.accepts(text));
}

TEST_CASE("json: a raw string keeps bytes that are no UTF-8") {
  std::string text;
  append_raw_json_string(text, "a\"\\\n\t\x01\xe9\xc3\xbc");
  CHECK(text == "\"a\\\"\\\\\\n\\t\\u0001\xe9\xc3\xbc\"");
}
