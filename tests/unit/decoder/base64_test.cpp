#include "decoder/image/base64.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using namespace infer;
using infer::detail::decode_base64;

namespace {

std::string decoded(std::string_view text) {
  RawBytes bytes;
  const auto wrong = decode_base64(text, bytes);
  return wrong ? "wrong at " + std::to_string(*wrong) : as_text(bytes);
}

std::string encoded(std::string_view bytes, std::string_view digits) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    const auto digits_of_it = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t k = 0; k < 4; ++k) text += k < digits_of_it ? digits[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

TEST_CASE("base64: the examples of RFC 4648, with and without padding") {
  CHECK(decoded("").empty());
  CHECK(decoded("Zg==") == "f");
  CHECK(decoded("Zm8=") == "fo");
  CHECK(decoded("Zm9v") == "foo");
  CHECK(decoded("Zm9vYg==") == "foob");
  CHECK(decoded("Zm9vYmE=") == "fooba");
  CHECK(decoded("Zm9vYmFy") == "foobar");
  CHECK(decoded("Zg") == "f");
  CHECK(decoded("Zm9vYmE") == "fooba");
}

TEST_CASE("base64: bytes of any length come back, from both alphabets and with lines between them") {
  std::mt19937 random(7);
  for (std::size_t length = 0; length < 300; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(random() & 255U);
    const auto plain = encoded(bytes, kPlain);
    CHECK(decoded(plain) == bytes);
    CHECK(decoded(encoded(bytes, kUrl)) == bytes);
    std::string lines;
    for (const char digit : plain) {
      lines += digit;
      if (random() % 5 == 0) lines += random() % 2 == 0 ? "\n" : " \r\n";
    }
    CHECK(decoded(lines) == bytes);
  }
}

TEST_CASE("base64: what does not belong there is found, and where") {
  CHECK(decoded("Zm9v*mFy") == "wrong at 4");
  CHECK(decoded("Zm9vYm=y") == "wrong at 7");
  CHECK(decoded("=") == "wrong at 0");
  CHECK(decoded("Z===") == "wrong at 1");
  CHECK(decoded("Zg===") == "wrong at 4");
  CHECK(decoded("Zg=") == "wrong at 3");
  CHECK(decoded("Zm9vY") == "wrong at 5");
  CHECK(decoded("Zm9v=") == "wrong at 4");
  CHECK(decoded(std::string("Zm9v\0mFy", 8)) == "wrong at 4");
  CHECK(decoded("Zm9v\xC3\xA9") == "wrong at 4");
}
