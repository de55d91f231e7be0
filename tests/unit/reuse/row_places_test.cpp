#include "reuse/row_places.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "reuse/row_ends.hpp"

using namespace infer::detail;

TEST_CASE("row ends: a newline ends a row, between quotes only where those do not count") {
  CHECK(row_end("ab\ncd\n", false) == 3);
  CHECK(row_end("\n", true) == 1);
  CHECK(row_end("ab", false) == std::string_view::npos);
  CHECK(row_end("a\"\n\"\nb\n", false) == 3);
  CHECK(row_end("a\"\n\"\nb\n", true) == 5);
  CHECK(row_end("\"\"\"\n\n\"\"\"\n", true) == 9);
  CHECK(row_end("\"a\n", true) == std::string_view::npos);
}

TEST_CASE("row places: few for short rows, one for each that is long") {
  CHECK(rows_per_place(0, 0) == 1);
  CHECK(rows_per_place(10, 10) == 64);
  CHECK(rows_per_place(64'000, 1000) == 8);
  CHECK(rows_per_place(250'000, 1000) == 2);
  CHECK(rows_per_place(5'000'000, 1000) == 1);
}

TEST_CASE("row places: every row is found from the place before it") {
  const auto length = GENERATE(1U, 50U, 700U, 3000U);
  std::string text;
  std::vector<std::string> rows;
  RowPlaces places(false);
  std::vector<std::uint64_t> taken;
  for (int block = 0; block < 5; ++block) {
    std::string some;
    for (int i = 0; i < 37; ++i)
      some += rows.emplace_back(std::to_string(rows.size()) + std::string(length, 'x') + "\n");
    REQUIRE(places.add(some, 37, 100 + text.size()));
    text += some;
    for (const auto place : places.take()) taken.push_back(place);
  }
  const auto per_place = places.rows_per_place();
  REQUIRE(taken.size() == (rows.size() + per_place - 1) / per_place);
  for (std::uint64_t row = 0; row < rows.size(); ++row) {
    const auto from = std::string_view(text).substr(taken[row / per_place] - 100);
    CHECK(nth_row(from, row % per_place, false) == rows[row]);
  }
}

TEST_CASE("row places: text that has fewer rows, more, or no end is said to have") {
  CHECK_FALSE(RowPlaces(false).add("a\nb\n", 3, 0));
  CHECK_FALSE(RowPlaces(false).add("a\nb\n", 1, 0));
  CHECK_FALSE(RowPlaces(false).add("a\nb", 2, 0));
  CHECK_FALSE(RowPlaces(true).add("a\n\"b\n", 2, 0));
  CHECK_FALSE(RowPlaces(true).add("a", 0, 0));
  CHECK(RowPlaces(false).add("", 0, 0));
}
