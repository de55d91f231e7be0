#include "table/table.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "unit/base/scratch_folder.hpp"
#include "unit/table/test_tables.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t kRows = 300;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

std::string joined(const std::vector<std::string>& lines, std::uint64_t begin, std::uint64_t end) {
  std::string text;
  for (auto i = begin; i < end; ++i) text += lines.at(i);
  return text;
}

}  // namespace

TEST_CASE("table: the rows of each format are the JSON lines of their values") {
  const auto name =
      GENERATE("one.parquet", "many.parquet", "pages.parquet", "index.parquet", "old.parquet",
               "deltas.parquet", "empty_groups.parquet", "one.arrow", "many.arrow", "stream.arrow");
  INFO(name);
  auto table = open_table(table_path(name));
  const auto expected = lines_of(content_of(table_path("all.jsonl")));
  const auto got = lines_of(all_lines(table));
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == expected[i]);
}

TEST_CASE("table: any rows can be read, in any order, and others are skipped") {
  const auto name = GENERATE("one.parquet", "many.parquet", "pages.parquet", "index.parquet", "old.parquet",
                             "deltas.parquet", "many.arrow", "stream.arrow");
  INFO(name);
  auto table = open_table(table_path(name));
  const auto expected = lines_of(content_of(table_path("all.jsonl")));
  std::mt19937 random(7);
  std::uint64_t begin = 0;
  for (int i = 0; i < 60; ++i) {
    begin += random() % 20;
    if (begin >= kRows) begin = random() % kRows;
    const auto end = std::min(kRows, begin + 1 + random() % 40);
    INFO(begin << " to " << end);
    REQUIRE(table.read(begin, end, kNoLimits).lines == joined(expected, begin, end));
    begin = end;
  }
}

TEST_CASE("table: only the columns that were chosen are read, and what is not there is left out") {
  const auto name = GENERATE("many.parquet", "many.arrow", "stream.arrow");
  auto table = open_table(table_path(name));
  table.choose({{"object", "int8", "no such column"}, {}, {}, {}});
  const auto lines = lines_of(all_lines(table));
  REQUIRE(lines.size() == kRows);
  CHECK(std::ranges::all_of(lines, [](const std::string& line) {
    return line == "{}\n" || line.starts_with("{\"int8\":") || line.starts_with("{\"object\":");
  }));
  table.choose(ChosenColumns());
  CHECK(table.read(3, 5, kNoLimits).lines == "{}\n{}\n");
}

TEST_CASE("table: numbers can be read apart, and are those of the text") {
  const auto name = GENERATE("one.parquet", "many.parquet", "old.parquet", "many.arrow");
  INFO(name);
  auto table = open_table(table_path(name));
  table.choose({{"int8", "uint32", "double", "fixed", "text"}, {"int8", "uint32", "double", "text"}, {}, {}});
  const auto lines = lines_of(std::string(table.read(10, 200, kNoLimits).lines));
  const auto apart = table.read(10, 200, kNoLimits, true);
  const auto rest = lines_of(std::string(apart.lines));
  REQUIRE(apart.plain.size() == 3);  // no text
  REQUIRE(rest.size() == lines.size());
  for (std::size_t row = 0; row < lines.size(); ++row) {
    for (const auto& column : apart.plain) {
      const auto numbers = column.of(row);
      const auto key = "\"" + column.name + "\":";
      const auto at = lines[row].find(key);
      REQUIRE((at != std::string::npos) == (numbers.form == PlainForm::single));
      REQUIRE(rest[row].find(key) == std::string::npos);
      if (numbers.form != PlainForm::single) continue;
      const auto value = std::stod(lines[row].substr(at + key.size()));
      if (column.kind == PlainKind::float64) {
        CHECK(*reinterpret_cast<const double*>(numbers.values) == value);
      } else {
        CHECK(static_cast<double>(*reinterpret_cast<const std::int64_t*>(numbers.values)) == value);
      }
    }
  }
}

TEST_CASE("table: texts can be read apart, and lines be what is copied alone, in its order") {
  const auto name = GENERATE("one.parquet", "many.parquet", "pages.parquet", "old.parquet", "many.arrow");
  INFO(name);
  auto table = open_table(table_path(name));
  table.choose({{"text", "large", "double", "int64"}, {}, {"text", "large"}, {"int64", "large", "double"}});
  const auto whole = lines_of(std::string(table.read(5, 290, kNoLimits).lines));
  const auto apart = table.read(5, 290, kNoLimits, true);
  const auto lines = lines_of(std::string(apart.lines));
  REQUIRE(apart.plain.size() == 2);
  REQUIRE(lines.size() == whole.size());
  REQUIRE(apart.only_carried.size() == lines.size());
  std::size_t with_text = 0;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    INFO(whole[row]);
    const bool has_both = whole[row].find("\"text\":") != std::string::npos &&
                          whole[row].find("\"large\":") != std::string::npos;
    REQUIRE((apart.only_carried[row] > 0) == has_both);
    if (!has_both) continue;
    ++with_text;
    CHECK(lines[row].find("\"text\":") == std::string::npos);
    const auto number = lines[row].find("\"int64\":");
    CHECK((number == std::string::npos || number < lines[row].find("\"large\":")));
    const auto text = apart.plain[0].of(row).text();
    if (text.find_first_of("\"\\\n\r\t\x01") == std::string::npos)
      CHECK(whole[row].find("\"text\":\"" + std::string(text) + "\"") != std::string::npos);
  }
  CHECK(with_text > 100);
}

TEST_CASE("table: what a text has to escape is found wherever it stands") {
  auto table = open_table(table_path("odd_places.parquet"));
  table.choose({{"x"}, {}, {}, {"x"}});
  const auto expected = lines_of(content_of(table_path("odd_places.jsonl")));
  const auto rows = table.read(0, expected.size(), kNoLimits, true);
  const auto got = lines_of(std::string(rows.lines));
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == expected[i]);
  CHECK(std::ranges::all_of(rows.only_carried, [](std::uint8_t is_so) { return is_so > 0; }));
}

TEST_CASE("table: a row that may be too long as a line is one, with nothing apart") {
  auto table = open_table(table_path("one.parquet"));
  table.choose({{"text", "double", "int64"}, {"double"}, {"text"}, {"int64"}});
  const auto whole = lines_of(std::string(table.read(0, kRows, kNoLimits).lines));
  const auto apart = table.read(0, kRows, {60, std::size_t{1} << 30U}, true);
  const auto lines = lines_of(std::string(apart.lines));
  std::size_t written = 0;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const auto is_apart = std::ranges::any_of(
        apart.plain, [&](const PlainColumn& column) { return column.forms[row] != PlainForm::in_line; });
    if (whole[row].size() > 61) CHECK_FALSE(is_apart);
    if (is_apart) continue;
    ++written;
    CHECK(lines[row] == whole[row].substr(0, 61) + (whole[row].size() > 61 ? "\n" : ""));
  }
  CHECK(written > 50);
}

TEST_CASE("table: a file without rows has none") {
  const auto name = GENERATE("empty.parquet", "empty.arrow");
  auto table = open_table(table_path(name));
  CHECK(rows_of(table) == 0);
  CHECK(table.read(0, 0, kNoLimits).lines.empty());
  CHECK_THROWS_WITH(table.read(0, 1, kNoLimits), "it has 0 rows, and row 1 is asked for");
}

TEST_CASE("table: NaN and infinities are written as Python's json writes them") {
  auto table = open_table(table_path("non_finite.parquet"));
  CHECK(all_lines(table) == "{\"x\":NaN}\n{\"x\":Infinity}\n{\"x\":-Infinity}\n{\"x\":1.0}\n");
}

TEST_CASE("table: of a line that is too long no more is kept than shows it, and too many bytes are refused") {
  auto table = open_table(table_path("one.parquet"));
  for (const auto& line : lines_of(std::string(table.read(0, kRows, {40, std::size_t{1} << 30U}).lines)))
    CHECK(line.size() <= 42);
  CHECK_THROWS_WITH(table.read(0, kRows, {std::size_t{1} << 30U, 1000}), Contains("--chunk-bytes"));
}

TEST_CASE("table: a group says about how long its rows are as JSON lines") {
  const auto name = GENERATE("one.parquet", "many.parquet", "one.arrow");
  auto table = open_table(table_path(name));
  const auto real = content_of(table_path("all.jsonl")).size() / kRows;
  for (const auto& group : table.groups()) {
    CHECK(group.row_bytes > real / 3);
    CHECK(group.row_bytes < real * 3);
  }
}

TEST_CASE("table: what is no table, or the begin of one, is refused with the reason") {
  const ScratchFolder folder;
  const auto parquet = content_of(table_path("one.parquet"));
  const auto arrow = content_of(table_path("one.arrow"));
  const auto refused = [&](const std::string& content) -> std::string {
    try {
      open_table(folder.write("x", content));
    } catch (const TableError& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refused(parquet.substr(0, parquet.size() - 1)), Contains("Corrupt footer"));
  CHECK_THAT(refused("PAR1"), Contains("footer") || Contains("too small") || Contains("smaller"));
  CHECK_THAT(refused("PARE" + parquet.substr(4)), Contains("encrypted"));
  CHECK(refused(arrow.substr(0, arrow.size() - 1)) ==
        "it does not end as an Arrow file does: its end is missing");
  CHECK(refused("ARROW1") == "it does not end as an Arrow file does: its end is missing");
  CHECK_THAT(refused("{\"x\":1}\n"), Contains("message"));
  CHECK(!refused("").empty());
}
