#include "base/text.hpp"

#include <catch2/catch.hpp>

using infer::printable;

TEST_CASE("text: what is printable stays, in any script") {
  CHECK(printable("a b\"\\ é 東京 👍") == "a b\"\\ é 東京 👍");
  CHECK(printable("").empty());
}

TEST_CASE("text: control characters and what is no UTF-8 are spelled out") {
  CHECK(printable("a\nb\tc\r") == "a\\nb\\tc\\x0d");
  CHECK(printable(std::string_view("\0\x1b[31m\x7f", 7)) == "\\x00\\x1b[31m\\x7f");
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\xc2\\x9b31m");
  CHECK(printable("\xFF\xC3") == "\\xff\\xc3");
}

TEST_CASE("text: a list has what is between only between") {
  using infer::joined;
  CHECK(joined({}, ", ").empty());
  CHECK(joined(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(joined(std::vector<std::string>{"", "b", ""}, "; ") == "; b; ");
}
