#include <catch2/catch.hpp>

#include "peek/result_look.hpp"
#include "peek/summary.hpp"

using namespace infer;

namespace {

RowValues scored(std::string_view label, double score) {
  RowValues row;
  row.task = Task::classification;
  row.carried = {"id"};
  row.labels.push_back({{"", "label"}, label});
  row.numbers.push_back({{"", "score"}, score});
  return row;
}

RowValues failed(std::string_view code, std::string_view file, std::uint64_t line) {
  RowValues row = scored("half there", 9);
  row.failure = RowValues::Failure{code, "it broke", file, line};
  return row;
}

}  // namespace

TEST_CASE("summary: rows are ok, failed or unreadable, and only the first count") {
  Summary summary;
  summary.add(scored("a", 0.5));
  summary.add(failed("too_long", "in.jsonl", 2));
  summary.add(failed("wrong_type", "", 0));
  summary.add(failed("wrong_type", "", 0));
  summary.add_unreadable("no JSON object");
  CHECK(summary.rows() == 5);
  CHECK(summary.ok() == 1);
  CHECK(summary.failed() == 3);
  CHECK(summary.task() == Task::classification);
  CHECK(summary.carried() == std::vector<std::string>{"id"});
  const auto failures = summary.failures();
  REQUIRE(failures.size() == 2);
  CHECK(failures[0] == CodeFailures{"wrong_type", 2, {"row 2: it broke", "row 3: it broke"}});
  CHECK(failures[1] == CodeFailures{"too_long", 1, {"in.jsonl:2: it broke"}});
  CHECK(summary.unreadable_rows().first == std::vector<std::string>{"row 4: no JSON object"});
  CHECK(summary.numbers().at(0).column.count() == 1);
  CHECK(summary.labels().at(0).column.total() == 1);
}

TEST_CASE("summary: a list of errors explains failed rows of an array if there are as many") {
  Summary rows;
  rows.add_failed();
  Summary errors;
  CHECK_FALSE(rows.explain(errors));
  errors.add(failed("too_long", "in.jsonl", 1));
  CHECK(rows.explain(errors));
  CHECK(rows.failures().at(0).code == "too_long");
}

TEST_CASE("summary: columns beyond what is kept are told") {
  Summary summary;
  RowValues row;
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= Summary::kMostColumns; ++i) names.push_back(std::to_string(i));
  for (const auto& name : names) row.numbers.push_back({{"outputs", name}, 1});
  summary.add(row);
  summary.add(row);
  CHECK(summary.numbers().size() == Summary::kMostColumns);
  CHECK(summary.numbers().back().column.count() == 2);
  CHECK(summary.has_more_columns());
}

TEST_CASE("summary: its text keeps to the columns of the terminal") {
  ResultLook look{{"a.jsonl"}, {ResultFile{"a.jsonl"}},
                  true,        {"a note that is longer than the terminal is wide"},
                  {},          {}};
  look.summary.add(scored("a label of some length, longer than thirty columns", 0.5));
  look.summary.add(scored("b", 0.75));
  for (const std::size_t columns : {20U, 30U, 80U}) {
    const auto text = summary_text(look, {10, columns});
    std::size_t line = 0;
    for (const char c : text) {
      line = c == '\n' ? 0 : line + ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U);
      REQUIRE(line <= columns);
    }
  }
}
