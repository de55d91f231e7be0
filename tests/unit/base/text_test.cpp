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

TEST_CASE("text: what is counted is one, or as many as there are") {
  using infer::counted;
  CHECK(counted(0, "row") == "0 rows");
  CHECK(counted(1, "row") == "1 row");
  CHECK(counted(1234, "row") == "1,234 rows");
  CHECK(counted(1, "batch", "batches") == "1 batch");
  CHECK(counted(1'000'000, "batch", "batches") == "1,000,000 batches");
}

TEST_CASE("text: a list has what is between only between") {
  using infer::joined;
  CHECK(joined({}, ", ").empty());
  CHECK(joined(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(joined(std::vector<std::string>{"", "b", ""}, "; ") == "; b; ");
}
