#include "json/json_text.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "decoder/decoder.hpp"
#include "unit/decoder/raw_chunk.hpp"
#include "unit/record/tensors.hpp"

using namespace infer;
using infer::test::tensor_of;

namespace {

const std::string kReplacement = "\xEF\xBF\xBD";

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json(float value, NonFinite policy = NonFinite::null) {
  std::string out;
  append_number(out, value, policy);
  return out;
}

std::string row_text(const HostTensor& tensor, std::size_t row, NonFinite policy = NonFinite::null) {
  std::string out;
  append_tensor_row(out, tensor, row, policy);
  return out;
}

/// Another opinion: simdjson's, through the decoder.
bool is_json(const std::string& value) {
  const auto line = "{\"v\":" + value + "}";
  return !Decoder({{}, {}, {"v"}, 0}).decode(infer::test::raw_chunk({line})).table.rows.at(0).error;
}

}  // namespace

TEST_CASE("json: plain text and valid UTF-8 of every length stay as they are") {
  CHECK(json("") == "\"\"");
  CHECK(json("abc /'") == "\"abc /'\"");
  CHECK(json("\x7F") == "\"\x7F\"");
  for (const std::string text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xF0\x9F\x98\x80"}) {
    CHECK(json(text) == "\"" + text + "\"");
  }
}

TEST_CASE("json: quotes, backslashes and control characters are escaped") {
  CHECK(json("a\"b\\c") == R"("a\"b\\c")");
  CHECK(json("\n\r\t") == R"("\n\r\t")");
  CHECK(json(std::string_view("\0\x01\x1F\x08", 4)) == R"("\u0000\u0001\u001f\u0008")");
  for (char c = 0; c < 0x20; ++c) CHECK(is_json(json(std::string_view(&c, 1))));
}

TEST_CASE("json: bytes that are no UTF-8 become U+FFFD, and the text around them stays") {
  CHECK(json("a\xFFz") == "\"a" + kReplacement + "z\"");
  CHECK(json("\xC0\x80") == "\"" + kReplacement + kReplacement + "\"");
  CHECK(json("\xED\xA0\x80") == "\"" + kReplacement + kReplacement + kReplacement + "\"");
  CHECK(json("\xE2\x82") == "\"" + kReplacement + kReplacement + "\"");
  CHECK(json("\xF4\x90\x80\x80z").ends_with("z\""));
  CHECK(json("\xE2\x82\"") == "\"" + kReplacement + kReplacement + "\\\"\"");
  CHECK(json("\xC3\n") == "\"" + kReplacement + "\\n\"");
}

TEST_CASE("json: any bytes at all become a valid JSON string") {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (std::size_t i = random() % 12; i > 0; --i) {
      bytes += static_cast<char>(random() % 3 == 0 ? random() % 128 : 128 + random() % 128);
    }
    REQUIRE(is_json(json(bytes)));
  }
}

TEST_CASE("json: floats are short and read back as the same bits") {
  CHECK(json(0.1F) == "0.1");
  CHECK(json(1.0F) == "1");
  CHECK(json(-0.0F) == "-0");
  CHECK(json(1e20F) == "1e+20");
  CHECK(json(16777216.0F) == "16777216");
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    const auto text = json(value);
    REQUIRE(std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr)) ==
            std::bit_cast<std::uint32_t>(value));
    if (round % 50 == 0) REQUIRE(is_json(text));
  }
}

TEST_CASE("json: doubles read back as the same bits, the smallest and the largest too") {
  const auto check = [](double value) {
    const auto text = row_text(tensor_of<double>(DType::float64, {1}, {value}), 0);
    REQUIRE(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)) ==
            std::bit_cast<std::uint64_t>(value));
    return text;
  };
  CHECK(check(0.1) == "0.1");
  check(std::numeric_limits<double>::denorm_min());
  check(-std::numeric_limits<double>::max());
  std::mt19937_64 random(12);
  for (int round = 0; round < 10000; ++round) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) check(value);
  }
}

TEST_CASE("json: NaN and infinities are null or strings, and reported either way") {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  const auto infinity = std::numeric_limits<float>::infinity();
  for (const auto value : {nan, infinity, -infinity}) CHECK(json(value) == "null");
  CHECK(json(nan, NonFinite::string) == "\"NaN\"");
  CHECK(json(-nan, NonFinite::string) == "\"NaN\"");
  CHECK(json(infinity, NonFinite::string) == "\"Infinity\"");
  CHECK(json(-infinity, NonFinite::string) == "\"-Infinity\"");
  std::string out;
  CHECK_FALSE(append_number(out, nan, NonFinite::string));
  CHECK(append_number(out, 1.0F, NonFinite::null));
  const auto tensor = tensor_of<float>(DType::float32, {2, 2}, {1, nan, 2, 3});
  CHECK_FALSE(append_tensor_row(out, tensor, 0, NonFinite::null));
  CHECK(append_tensor_row(out, tensor, 1, NonFinite::null));
  CHECK(row_text(tensor, 0) == "[1,null]");
}

TEST_CASE("json: a tensor's row is a number or nested lists") {
  CHECK(row_text(tensor_of<float>(DType::float32, {3}, {1, 2.5, 3}), 1) == "2.5");
  CHECK(row_text(tensor_of<float>(DType::float32, {2, 2}, {1, 2, 3, 4}), 1) == "[3,4]");
  CHECK(row_text(tensor_of<std::int64_t>(DType::int64, {2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
                 1) == "[[7,8,9],[10,11,12]]");
  CHECK(row_text(tensor_of<float>(DType::float32, {1, 1, 1}, {5}), 0) == "[[5]]");
}

TEST_CASE("json: of a tensor's row, the upper corner can be written alone") {
  const auto tensor = tensor_of<float>(DType::float32, {2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto corner = [&](const Shape& own) {
    std::string text;
    CHECK(append_tensor_row(text, tensor, 1, own, NonFinite::null));
    return text;
  };
  CHECK(corner({3, 2}) == "[[7,8],[9,10],[11,12]]");
  CHECK(corner({2, 1}) == "[[7],[9]]");
  CHECK(corner({0, 2}) == "[]");
}

TEST_CASE("json: empty dimensions are empty lists") {
  CHECK(row_text(tensor_of<float>(DType::float32, {2, 0}, {}), 1) == "[]");
  CHECK(row_text(tensor_of<float>(DType::float32, {1, 2, 0}, {}), 0) == "[[],[]]");
}

TEST_CASE("json: every dtype is written as a number, booleans as true and false") {
  CHECK(row_text(tensor_of<std::int64_t>(DType::int64, {1}, {std::numeric_limits<std::int64_t>::min()}), 0) ==
        "-9223372036854775808");
  CHECK(row_text(tensor_of<std::int32_t>(DType::int32, {1}, {-5}), 0) == "-5");
  CHECK(row_text(tensor_of<std::int16_t>(DType::int16, {1}, {-300}), 0) == "-300");
  CHECK(row_text(tensor_of<std::int8_t>(DType::int8, {1}, {65}), 0) == "65");
  CHECK(row_text(tensor_of<std::uint8_t>(DType::uint8, {1}, {200}), 0) == "200");
  CHECK(row_text(tensor_of<std::uint8_t>(DType::boolean, {1, 2}, {1, 0}), 0) == "[true,false]");
}

TEST_CASE("json: half precision must have been converted before") {
  CHECK_THROWS_AS(row_text(tensor_of<std::int16_t>(DType::float16, {1}, {0}), 0), InternalError);
}
