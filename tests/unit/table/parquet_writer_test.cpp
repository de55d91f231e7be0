#include "table/parquet_writer.hpp"

#include <catch2/catch.hpp>
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
