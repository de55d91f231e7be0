#include <catch2/catch.hpp>

#include <limits>
#include <vector>

#include "peek/shown_row.hpp"

using namespace infer;

TEST_CASE("shown: what fits stays as it is") {
  CHECK(shown_row(R"({"id":1,"v":[1,2,3]})", 20) == R"({"id":1,"v":[1,2,3]})");
  CHECK(shown_row("{\"a\":\"\x1b[2J\"}", 40) == R"({"a":"\x1b[2J"})");
}

TEST_CASE("shown: long lists are shortened to as many items as fit") {
  const auto row = std::string(R"({"id":1,"v":[10,20,30,40,50,60,70,80,90,100]})");
  CHECK(shown_row(row, 34) == R"({"id":1,"v":[10,20,30,40,…6 more]})");
  CHECK(shown_row(row, 25) == R"({"id":1,"v":[10,…9 more]})");
}

TEST_CASE("shown: lists in lists, and brackets in texts") {
  const auto row = std::string(R"({"a":[[1,2,3],[4,5,6],[7,8,9]],"t":"],[\"","b":[{"c":[1,2]},{"c":2}]})");
  CHECK(shown_row(row, 60) == R"({"a":[[1,…2 more],…2 more],"t":"],[\"","b":[{"c":[1,…1 more…)");
}

TEST_CASE("shown: what is too long still is cut at a character") {
  CHECK(shown_row(R"({"t":"ääääääääää"})", 10) == R"({"t":"äää…)");
  CHECK(cut_to_columns("abc", 3) == "abc");
  CHECK(cut_to_columns("abcd", 3) == "ab…");
}

TEST_CASE("shown: no line whatever makes trouble") {
  for (const auto* odd :
       {"[", "]", "[[[", "\"", "\"\\", "{]", "[1,2,3,4,5,6,7,8,9,10", "]]],,,,,,,,,,", "\xff\xff\xff\xff"}) {
    for (std::size_t columns = 1; columns < 12; ++columns) CHECK(shown_row(odd, columns).size() < 64);
  }
}

TEST_CASE("shown: vectors in the shortest numbers") {
  std::string text;
  append_vector(text,
                std::vector<double>{static_cast<double>(0.1F), 2, std::numeric_limits<double>::quiet_NaN(),
                                    -std::numeric_limits<double>::infinity()},
                false);
  CHECK(text == "[0.1,2,NaN,-Infinity]");
  text.clear();
  append_vector(text, std::vector<double>{0.1, 1.0 / 3}, true);
  CHECK(text == "[0.1,0.3333333333333333]");
}
