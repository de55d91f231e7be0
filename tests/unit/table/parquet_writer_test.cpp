#include "table/parquet_writer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <random>

#include "unit/base/scratch_folder.hpp"
#include "unit/table/test_tables.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

const std::vector<TableColumn> kColumns{{"n", ColumnKind::int64}, {"t", ColumnKind::text}};

std::string piece_of(std::int64_t first, std::uint64_t rows) {
  ColumnValues numbers{std::vector<std::int64_t>()};
  ColumnValues texts{std::vector<std::string>()};
  for (auto i = first; i < first + static_cast<std::int64_t>(rows); ++i) {
    std::get<std::vector<std::int64_t>>(numbers.items).push_back(i);
    numbers.definition.push_back(1);
    if (i % 3 > 0) std::get<std::vector<std::string>>(texts.items).push_back("text " + std::to_string(i % 5));
    texts.definition.push_back(i % 3 > 0 ? 1 : 0);
  }
  return parquet_piece(kColumns, std::vector{numbers, texts}, rows);
}

std::string lines_of(std::int64_t rows) {
  std::string text;
  for (std::int64_t i = 0; i < rows; ++i)
    text += "{\"n\":" + std::to_string(i) +
            (i % 3 > 0 ? ",\"t\":\"text " + std::to_string(i % 5) + "\"" : "") + "}\n";
  return text;
}

std::string footer_of(const std::string& pieces) {
  const ScratchFolder folder;
  const auto path = folder.write("pieces", pieces);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return parquet_footer(fd.get(), pieces.size());
}

/// A value in each kind of column, or none.
struct RandomRow {
  std::optional<double> real{};
  std::optional<bool> flag{};
  std::optional<std::vector<std::optional<float>>> list{};

  bool operator==(const RandomRow&) const = default;
};

std::vector<RandomRow> random_rows(std::mt19937& draw, std::size_t rows) {
  const auto is_there = [&] { return draw() % 4 > 0; };
  std::vector<RandomRow> all(rows);
  for (auto& row : all) {
    if (is_there()) row.real = static_cast<double>(draw()) / 7;
    if (is_there()) row.flag = draw() % 2 == 0;
    if (is_there()) row.list.emplace(draw() % 4);
    for (auto& item : row.list ? *row.list : std::vector<std::optional<float>>()) {
      if (is_there()) item = static_cast<float>(draw()) / 3;
    }
  }
  return all;
}

void add_list(ColumnValues& column, const std::optional<std::vector<std::optional<float>>>& list) {
  const auto level = [&](std::int16_t definition, bool goes_on = false) {
    column.definition.push_back(definition);
    column.repetition.push_back(goes_on ? 1 : 0);
  };
  if (!list || list->empty()) return level(list ? 1 : 0);
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& item = (*list)[i];
    if (item) std::get<std::vector<float>>(column.items).push_back(*item);
    level(item ? 3 : 2, i > 0);
  }
}

/// "null" or a number.
template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text == "null") return std::nullopt;
  REQUIRE((end == text.data() + text.size() && error == std::errc()));
  return value;
}

/// Up to the next comma, which is taken too.
std::string_view take_part(std::string_view& rest) {
  const auto part = rest.substr(0, rest.find(','));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

/// From "[1.5,null,[2.5,null]]".
RandomRow row_in(std::string_view line) {
  REQUIRE((line.starts_with('[') && line.ends_with(']')));
  auto rest = line.substr(1, line.size() - 2);
  RandomRow row;
  row.real = number_in<double>(take_part(rest));
  const auto flag = take_part(rest);
  if (flag != "null") row.flag = flag == "true";
  if (rest == "null") return row;
  row.list.emplace();
  for (rest = rest.substr(1, rest.size() - 2); !rest.empty();)
    row.list->push_back(number_in<float>(take_part(rest)));
  return row;
}

std::string piece_of(const std::vector<RandomRow>& rows) {
  const std::vector<TableColumn> columns{
      {"real", ColumnKind::float64}, {"flag", ColumnKind::boolean}, {"list", ColumnKind::float32, true}};
  std::vector<ColumnValues> values{
      {std::vector<double>()}, {std::vector<std::uint8_t>()}, {std::vector<float>()}};
  for (const auto& row : rows) {
    if (row.real) std::get<std::vector<double>>(values[0].items).push_back(*row.real);
    values[0].definition.push_back(row.real ? 1 : 0);
    if (row.flag) std::get<std::vector<std::uint8_t>>(values[1].items).push_back(*row.flag ? 1 : 0);
    values[1].definition.push_back(row.flag ? 1 : 0);
    add_list(values[2], row.list);
  }
  return parquet_piece(columns, values, rows.size());
}

}  // namespace

TEST_CASE("parquet writer: pieces of any sizes are one file with all rows") {
  std::mt19937 draw(5);
  std::string pieces;
  std::int64_t rows = 0;
  for (int i = 0; i < 40; ++i) {
    const auto more = i == 7 ? 0 : draw() % 50;
    pieces += piece_of(rows, more);
    rows += static_cast<std::int64_t>(more);
  }
  const ScratchFolder folder;
  auto table = open_table(folder.write("all.parquet", pieces + footer_of(pieces)));
  CHECK(all_lines(table) == lines_of(rows));
  CHECK(table.groups().size() <= 39);
}

TEST_CASE("parquet writer: a piece is a file by itself, also without rows") {
  const ScratchFolder folder;
  auto one = open_table(folder.write("one.parquet", piece_of(0, 10)));
  CHECK(all_lines(one) == lines_of(10));
  auto none = open_table(folder.write("none.parquet", piece_of(0, 0)));
  CHECK(rows_of(none) == 0);
}

TEST_CASE("parquet writer: what is no row of pieces is refused") {
  const auto pieces = piece_of(0, 10) + piece_of(10, 10);
  CHECK_THROWS_WITH(footer_of(pieces.substr(0, pieces.size() - 1)),
                    Contains("no piece of a Parquet file ends"));
  CHECK_THROWS_WITH(footer_of("x" + pieces), Contains("ends at its byte 1"));
  const auto other = parquet_piece(std::vector<TableColumn>{{"m", ColumnKind::int64}},
                                   std::vector{ColumnValues{std::vector<std::int64_t>{1}, {1}}}, 1);
  CHECK_THROWS_WITH(footer_of(pieces + other), Contains("the columns of its piece"));
  std::mt19937 draw(11);
  for (int i = 0; i < 300; ++i) {
    auto damaged = pieces;
    damaged[draw() % damaged.size()] ^= static_cast<char>(1U << (draw() % 8));
    try {
      footer_of(damaged);
    } catch (const TableError&) {  // or it is in the values
      continue;
    }
  }
}

TEST_CASE("parquet writer: the pieces with rows of a finished file are found, and nothing else is") {
  const std::vector<std::string> made{piece_of(0, 10), piece_of(10, 1), piece_of(11, 2000)};
  const auto pieces = made[0] + made[1] + made[2];
  const ScratchFolder folder;
  const auto places = [&](const std::string& bytes) {
    const UniqueFd fd(::open(folder.write("all", bytes).c_str(), O_RDONLY | O_CLOEXEC));
    return parquet_pieces(fd.get(), bytes.size());
  };
  const auto first = made[0].size();
  const auto second = first + made[1].size();
  CHECK(places(pieces + footer_of(pieces)) ==
        std::vector<PiecePlace>{{0, first, 10}, {first, second, 1}, {second, pieces.size(), 2000}});
  const auto none = piece_of(0, 0);
  CHECK(places(none + footer_of(none)).empty());
  CHECK_THROWS_AS(places(pieces + footer_of(pieces).substr(1)), TableError);
  CHECK_THROWS_AS(places("PAR1"), TableError);
  std::mt19937 draw(17);
  for (int i = 0; i < 300; ++i) {
    auto damaged = pieces + footer_of(pieces);
    damaged[draw() % damaged.size()] ^= static_cast<char>(1U << (draw() % 8));
    try {
      places(damaged);
    } catch (const TableError&) {  // or it is in the values
      continue;
    }
  }
}

TEST_CASE("parquet writer: rows of several pieces make the piece that they would have made together") {
  const std::vector<std::string> made{piece_of(0, 400), piece_of(300, 500), piece_of(790, 30)};
  const std::vector<std::string_view> pieces(made.begin(), made.end());
  const std::vector<PieceRows> rows{{0, 0, 350}, {1, 50, 1}, {1, 51, 439}, {2, 0, 20}};
  CHECK((parquet_spliced(pieces, rows) == piece_of(0, 810)));
  const std::vector<PieceRows> none;
  CHECK((parquet_spliced(pieces, none) == piece_of(0, 0)));
  const std::vector<PieceRows> missing{{2, 20, 11}};
  CHECK_THROWS_WITH(parquet_spliced(pieces, missing), Contains("a piece lacks rows"));
}

TEST_CASE("parquet writer: rows of all kinds of columns go from piece to piece as they are") {
  std::mt19937 draw(3);
  const std::vector<RandomRow> rows = random_rows(draw, 500);
  const auto all = piece_of(rows);
  std::vector<std::string> made;
  std::vector<PieceRows> runs;
  for (std::size_t i = 0; i < rows.size();) {
    const auto more = std::min<std::size_t>(1 + draw() % 90, rows.size() - i);
    const auto begin = i - std::min<std::size_t>(i, draw() % 3);
    made.push_back(piece_of({rows.begin() + static_cast<std::ptrdiff_t>(begin),
                             rows.begin() + static_cast<std::ptrdiff_t>(i + more)}));
    runs.push_back({made.size() - 1, i - begin, more});
    i += more;
  }
  const std::vector<std::string_view> pieces(made.begin(), made.end());
  CHECK((parquet_spliced(pieces, runs) == all));
  CHECK_THROWS_WITH(parquet_spliced(std::vector<std::string_view>{all, piece_of(0, 1)}, runs),
                    Contains("have other columns") && Contains("--overwrite"));
}

TEST_CASE("parquet writer: the rows of a piece are read back as lists of their values") {
  std::mt19937 draw(7);
  const auto rows = random_rows(draw, 2000);
  const auto text = parquet_rows(piece_of(rows), std::vector<std::string>{"real", "flag", "list"});
  std::vector<RandomRow> read;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    read.push_back(row_in(line));
    rest.remove_prefix(line.size() + 1);
  }
  CHECK((read == rows));
}

TEST_CASE("parquet writer: values at the ends of their types, and texts that JSON escapes, are read back") {
  using Wide = std::numeric_limits<std::int64_t>;
  using Real = std::numeric_limits<double>;
  const std::vector<TableColumn> columns{{"n", ColumnKind::int64},
                                         {"t", ColumnKind::text},
                                         {"f", ColumnKind::float32},
                                         {"d", ColumnKind::float64}};
  const std::vector<std::int16_t> all{1, 1, 1, 1};
  const auto piece = parquet_piece(
      columns,
      std::vector<ColumnValues>{
          {std::vector<std::int64_t>{Wide::min(), Wide::max(), 0}, {1, 1, 0, 1}},
          {std::vector<std::string>{"", "a \"b\" \\ c\n\x01", "é[,]", "null"}, all},
          {std::vector<float>{0.1F, 1e-45F, -0.0F, std::numeric_limits<float>::quiet_NaN()}, all},
          {std::vector<double>{0.1, Real::max(), Real::infinity(), -Real::infinity()}, all}},
      4);
  CHECK(parquet_rows(piece, std::vector<std::string>{"d", "n", "t", "f"}) ==
        "[0.1,-9223372036854775808,\"\",0.1]\n"
        "[1.7976931348623157e+308,9223372036854775807,\"a \\\"b\\\" \\\\ c\\n\\u0001\",1e-45]\n"
        "[\"Infinity\",null,\"é[,]\",-0.0]\n"
        "[\"-Infinity\",0,\"null\",\"NaN\"]\n");
  CHECK(parquet_rows(piece, {}) == "[]\n[]\n[]\n[]\n");
  CHECK(parquet_rows(piece_of(0, 0), std::vector<std::string>{"n"}).empty());
}

TEST_CASE("parquet writer: rows of damaged pieces, or of columns that are not there, are refused") {
  const auto piece = piece_of(0, 100);
  const std::vector<std::string> names{"n", "t"};
  CHECK_THROWS_WITH(parquet_rows(piece, std::vector<std::string>{"n", "m"}), Contains("no column \"m\""));
  CHECK_THROWS_AS(parquet_rows(piece.substr(0, piece.size() - 1), names), TableError);
  std::mt19937 draw(19);
  for (int i = 0; i < 300; ++i) {
    auto damaged = piece;
    damaged[draw() % damaged.size()] ^= static_cast<char>(1U << (draw() % 8));
    try {
      parquet_rows(damaged, names);
    } catch (const TableError&) {  // or it is in the values
      continue;
    }
  }
}
