#include <catch2/catch.hpp>

#include <vector>

#include "base/error.hpp"
#include "peek/chosen_rows.hpp"
#include "peek/row_choice.hpp"

using namespace infer;

namespace {

constexpr auto kEnd = RowChoice().end;

std::pair<std::uint64_t, std::uint64_t> range(const std::string& text) {
  RowChoice choice;
  choose_range(choice, text);
  return {choice.begin, choice.end};
}

/// Of rows "0", "1", ... with labels "even" and "odd", each third one failed, what is taken.
std::vector<std::string> chosen(const RowChoice& choice, std::uint64_t rows = 12) {
  std::vector<std::string> taken;
  const ChosenRows::Take take = [&](std::string_view json) { taken.emplace_back(json); };
  ChosenRows rest(choice, take);
  for (std::uint64_t i = 0; i < rows && !rest.is_over(); ++i) {
    RowValues values;
    values.labels.push_back({{"", "label"}, i % 2 == 0 ? "even" : "odd"});
    if (i % 3 == 0) values.failure = RowValues::Failure{i % 2 == 0 ? "too_long" : "wrong_type", "", "", 0};
    rest.may_take() ? rest.add(std::to_string(i), &values) : rest.skip();
  }
  rest.end();
  return taken;
}

using Rows = std::vector<std::string>;

}  // namespace

TEST_CASE("rows are chosen by number and range") {
  CHECK(range("7") == std::pair<std::uint64_t, std::uint64_t>(7, 8));
  CHECK(range("2:5") == std::pair<std::uint64_t, std::uint64_t>(2, 5));
  CHECK(range(":5") == std::pair<std::uint64_t, std::uint64_t>(0, 5));
  CHECK(range("5:") == std::pair<std::uint64_t, std::uint64_t>(5, kEnd));
  for (const auto* wrong : {"", "x", "-1", "5:2", "1:2:3", "1:x", "18446744073709551615"})
    CHECK_THROWS_AS(range(wrong), UsageError);
}

TEST_CASE("codes of failed records are known") {
  RowChoice choice;
  choose_failed(choice, "too_long");
  CHECK(choice.is_failed);
  CHECK(choice.code == "too_long");
  CHECK_THROWS_WITH(choose_failed(choice, "scores.jsonl"),
                    Catch::Contains("missing_field") && Catch::Contains("files stand before this flag"));
}

TEST_CASE("rows are chosen by what they are") {
  CHECK(chosen({.head = 2}) == Rows{"0", "1"});
  CHECK(chosen({.tail = 2}) == Rows{"10", "11"});
  CHECK(chosen({.tail = 20}, 2) == Rows{"0", "1"});
  CHECK(chosen({.begin = 3, .end = 5}) == Rows{"3", "4"});
  CHECK(chosen({.is_failed = true}) == Rows{"0", "3", "6", "9"});
  CHECK(chosen({.is_failed = true, .code = "too_long"}) == Rows{"0", "6"});
  CHECK(chosen({.label = "odd"}) == Rows{"1", "3", "5", "7", "9", "11"});
  CHECK(chosen({.head = 0}).empty());
}

TEST_CASE("choices of rows go together") {
  CHECK(chosen({.begin = 4, .tail = 1, .label = "odd"}) == Rows{"11"});
  CHECK(chosen({.head = 1, .is_failed = true, .label = "odd"}) == Rows{"3"});
  CHECK(chosen({.begin = 1, .end = 9, .tail = 2, .is_failed = true}) == Rows{"3", "6"});
}
