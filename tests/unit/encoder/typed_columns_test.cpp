#include "encoder/typed_columns.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

std::optional<ColumnKind> kind_of_all(const std::vector<std::string_view>& values) {
  std::optional<ColumnKind> kind;
  for (const auto value : values) kind = joint_kind(kind, value);
  return kind;
}

ColumnValues column_of(const TableColumn& column, const std::vector<std::string_view>& values) {
  TypedColumn typed(column);
  for (const auto value : values) typed.add(value);
  return std::move(typed).take();
}

using Levels = std::vector<std::int16_t>;

}  // namespace

TEST_CASE("typed columns: a column has the narrowest kind that holds the values so far") {
  CHECK(!kind_of_all({}));
  CHECK(!kind_of_all({"null", "null"}));
  CHECK(kind_of_all({"7", "null", "-9223372036854775808"}) == ColumnKind::int64);
  CHECK(kind_of_all({"7", "0.5"}) == ColumnKind::float64);
  CHECK(kind_of_all({"1e3", "2"}) == ColumnKind::float64);
  CHECK(kind_of_all({"true", "false"}) == ColumnKind::boolean);
  CHECK(kind_of_all({"\"a\"", "\"\""}) == ColumnKind::text);
  for (const auto& mixed : std::vector<std::vector<std::string_view>>{
           {"\"a\"", "7"}, {"true", "0"}, {"[1]"}, {"{}"}, {"9223372036854775808"}, {"1e999"}})
    CHECK(kind_of_all(mixed) == ColumnKind::json);
}

TEST_CASE("typed columns: what fits is held as it is") {
  CHECK(fits(ColumnKind::int64, "9223372036854775807"));
  CHECK(!fits(ColumnKind::int64, "9223372036854775808"));
  CHECK(!fits(ColumnKind::int64, "1.0"));
  CHECK(fits(ColumnKind::float64, "9007199254740992"));
  CHECK(!fits(ColumnKind::float64, "9007199254740993"));
  CHECK(!fits(ColumnKind::float64, "\"NaN\""));
  CHECK(!fits(ColumnKind::text, "7"));
  CHECK(!fits(ColumnKind::boolean, "\"true\""));
  for (const auto* any : {"7", "\"a\"", "[1,{\"b\":null}]", "true"}) CHECK(fits(ColumnKind::json, any));
  for (const auto kind : {ColumnKind::int64, ColumnKind::text, ColumnKind::boolean, ColumnKind::float64})
    CHECK(fits(kind, "null"));
}

TEST_CASE("typed columns: values and where they lack") {
  const auto whole = column_of({"n", ColumnKind::int64}, {"7", "", "null", "-1"});
  CHECK(std::get<std::vector<std::int64_t>>(whole.items) == std::vector<std::int64_t>{7, -1});
  CHECK(whole.definition == Levels{1, 0, 0, 1});
  CHECK(whole.repetition.empty());
  const auto any = column_of({"a", ColumnKind::json}, {"\"x\\n\"", "[1,\"b\"]", "\"\""});
  CHECK(std::get<std::vector<std::string>>(any.items) == std::vector<std::string>{"x\n", "[1,\"b\"]", ""});
  const auto real = column_of({"r", ColumnKind::float32}, {"0.1", "\"-Infinity\"", "\"NaN\""});
  const auto& reals = std::get<std::vector<float>>(real.items);
  CHECK(reals.size() == 3);
  CHECK((reals[0] == 0.1F && reals[1] == -INFINITY && std::isnan(reals[2])));
}

TEST_CASE("typed columns: lists") {
  const auto lists = column_of({"l", ColumnKind::float32, true}, {"[1,null,2.5]", "", "[]", "[3]"});
  CHECK(std::get<std::vector<float>>(lists.items) == std::vector<float>{1, 2.5, 3});
  CHECK(lists.definition == Levels{3, 2, 3, 0, 1, 3});
  CHECK(lists.repetition == Levels{0, 1, 1, 0, 0, 0});
}

TEST_CASE("typed columns: what the trial did not show ends the run with the column's name") {
  CHECK_THROWS_WITH(column_of({"e", ColumnKind::float32, true, 2}, {"[1]"}), Contains("the column e"));
  CHECK_THROWS_AS(column_of({"s", ColumnKind::float32}, {"\"a\""}), RunError);
  CHECK_THROWS_AS(column_of({"s", ColumnKind::int64}, {"0.5"}), RunError);
  CHECK_THROWS_AS(column_of({"l", ColumnKind::int64, true}, {"7"}), RunError);
  CHECK_THROWS_AS(column_of({"t", ColumnKind::text}, {"7"}), RunError);
}
