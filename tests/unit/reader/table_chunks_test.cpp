#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "reader/chunk_readers.hpp"
#include "reader/chunk_size.hpp"
#include "reader/tables/table_rows.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/reader/read_whole.hpp"
#include "unit/table/test_tables.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

InputFile looked_at(const std::string& path) {
  auto file = stat_input(path);
  find_rows(file);
  return file;
}

}  // namespace

TEST_CASE("table chunks: however large, they are the rows, each with its place and row") {
  const auto name =
      GENERATE("one.parquet", "many.parquet", "empty_groups.parquet", "many.arrow", "stream.arrow");
  const auto chunk_bytes =
      GENERATE(std::uint64_t{1}, std::uint64_t{700}, std::uint64_t{5000}, std::uint64_t{1} << 30U);
  INFO(name << ", " << chunk_bytes);
  const auto file = looked_at(table_path(name));
  CHECK(file.kind == InputKind::table);
  const auto whole = read_files({file}, chunk_bytes);
  const auto lines = read_content(content_of(table_path("all.jsonl")), 1U << 30U);
  REQUIRE(texts(whole) == texts(lines));
  for (std::size_t row = 0; row < whole.records.size(); ++row) {
    const auto& record = whole.records[row];
    REQUIRE(record.line == row + 1);
    REQUIRE(record.offset == offset_of_row(file, row));
    REQUIRE(first_row_from(file, record.offset) == row);
    REQUIRE(first_row_from(file, record.offset + 1) == row + 1);
  }
}

TEST_CASE("table chunks: small tables share chunks with other files, and empty ones have none") {
  const ScratchFolder folder;
  const auto lines = folder.write("a.jsonl", "{}\n{}\n");
  const auto whole = read_files({stat_input(lines), looked_at(table_path("empty.parquet")),
                                 looked_at(table_path("non_finite.parquet")), stat_input(lines)},
                                1U << 20U);
  REQUIRE(whole.records.size() == 8);
  CHECK(whole.records[3].file == 2);
  CHECK(whole.records[3].text == "{\"x\":Infinity}");
  CHECK(whole.records[6].file == 3);
  CHECK(ChunkPlan({looked_at(table_path("empty.arrow"))}, 100).chunks() == 0);
}

TEST_CASE("table chunks: they are as large as those of lines, by what the file says of itself") {
  const auto file = looked_at(table_path("one.parquet"));
  const auto rows = choose_chunk_bytes({file}, 1024) * row_count(file) / file.content_bytes();
  CHECK(rows >= 16);
  CHECK(rows <= 128);
}

TEST_CASE("table chunks: for each choice of columns they are what is read for that alone") {
  const ScratchFolder folder;
  const auto lines = folder.write("a.jsonl", "{\"id\":1}\n{\"id\":2}\n");
  const auto chunk_bytes = GENERATE(std::uint64_t{10}, std::uint64_t{5000}, std::uint64_t{1} << 20U);
  const ChunkPlan plan({stat_input(lines), looked_at(table_path("many.parquet"))}, chunk_bytes);
  const std::vector<Columns> choices{ChosenColumns{{"id"}, {"id"}, {}, {}}, Columns(),
                                     ChosenColumns{{"id"}, {}, {}, {"id"}}};
  ChunkReaders all(plan.files(), kNoLimit, choices);
  std::vector<ChunkReader> alone;
  for (const auto& columns : choices) alone.emplace_back(plan.files(), kNoLimit, columns);
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunks = all.read({plan.range(id)});
    const auto& range = plan.range(id);
    REQUIRE(chunks.size() == (range.file == 0 && range.files == 1 ? 1 : choices.size()));
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      const auto own = alone[i].read({range});
      REQUIRE(chunks[i].digest == own.digest);
      REQUIRE(chunks[i].buffer == own.buffer);
      REQUIRE(chunks[i].plain.size() == own.plain.size());
    }
  }
}

TEST_CASE("table chunks: a row that is too long is known as such") {
  const auto whole = read_files({looked_at(table_path("many.parquet"))}, 5000, 400);
  const auto lines = read_content(content_of(table_path("all.jsonl")), 1U << 30U, 400);
  CHECK(texts(whole) == texts(lines));
}

TEST_CASE("table chunks: a file that was cut off is refused by name, a changed one ends the run") {
  const ScratchFolder folder;
  const auto content = content_of(table_path("many.parquet"));
  const auto path = folder.write("x.parquet", content.substr(0, content.size() - 9));
  CHECK_THAT(message_of<UsageError>([&] { looked_at(path); }), Contains("x.parquet says of itself"));
  folder.write("x.parquet", content);
  const ChunkPlan plan({looked_at(path)}, 4096);
  CHECK(plan.place(1).find("x.parquet from row ") != std::string::npos);
  ChunkReader reader(plan.files(), kNoLimit);
  reader.read({plan.range(0)});
  std::ofstream(path, std::ios::app) << "x";
  CHECK_THAT(message_of<RunError>([&] { reader.read({plan.range(1)}); }), Contains("changed during the run"));
}
