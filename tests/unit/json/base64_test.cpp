#include "json/base64.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

std::string base64(std::string_view bytes) {
  std::string text = "before:";
  append_base64(text, as_byte_view(bytes));
  return text.substr(7);
}

}  // namespace

TEST_CASE("base64: the examples of RFC 4648") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64: every digit and bytes with a sign") {
  CHECK(base64("\xff\xff\xfe\xfb\xf0") == "///++/A=");
  std::string all;
  for (unsigned i = 0; i < 64; i += 4) {
    const auto bits = i << 18U | (i + 1) << 12U | (i + 2) << 6U | (i + 3);
    for (const unsigned shift : {16U, 8U, 0U}) all += static_cast<char>(bits >> shift & 0xFFU);
  }
  CHECK(base64(all) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}
