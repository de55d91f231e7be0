#include "unit/reader/read_whole.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/reader/select_records.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// All records of the files as a selection could name them.
std::vector<SelectedRecord> selectable(const std::vector<std::string>& paths) {
  std::vector<InputFile> files;
  for (const auto& path : paths) files.push_back(stat_input(path));
  const ChunkPlan plan(files, kNoLimit);
  ChunkReader reader(plan.files(), kNoLimit);
  std::vector<SelectedRecord> records;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read({plan.range(id)});
    for (const auto& record : chunk.records)
      records.push_back({record.file, record.offset, record.line, records.size()});
  }
  return records;
}

/// What comes of `selected` in chunks of `chunk_bytes`; lines and numbers must be those that were selected.
std::vector<Seen> read_selected(const std::vector<std::string>& paths, std::uint64_t chunk_bytes,
                                const std::vector<SelectedRecord>& selected) {
  std::vector<InputFile> files;
  for (const auto& path : paths) files.push_back(stat_input(path));
  auto source = select_records(ChunkPlan(files, chunk_bytes), selected);
  ChunkReader reader(files, kNoLimit);
  std::vector<Seen> seen;
  for (std::uint64_t id = 0; id < source.chunks(); ++id) {
    const auto chunk = reader.read(source.grant(id));
    CHECK(chunk.range.id == id);
    for (const auto& record : chunk.records) {
      const auto& wanted = selected.at(seen.size());
      REQUIRE(chunk.before.has_value());
      const auto line = chunk.before->lines + record.line;
      CHECK(line == wanted.line);
      CHECK(chunk.before->rows + record.number == wanted.number);
      seen.push_back({record.file, line + 1, record.offset, std::string(chunk.text(record))});
    }
  }
  return seen;
}

}  // namespace

TEST_CASE("reader: any selection of records comes as those records do, from chunks of any size") {
  const ScratchFolder folder;
  // A byte order mark, carriage returns, blank lines, an empty file, one of blank lines, no final newline.
  const std::vector<std::string> paths{
      folder.write("a.jsonl", "\xEF\xBB\xBF{\"a\":1}\r\n\n  \n{}\n{\"bb\":2}\n"), folder.write("b.jsonl", ""),
      folder.write("c.jsonl", "\n \n"), folder.write("d.jsonl", "\n\r\n{\"c\":3}\n{}\r\n\n{\"d\":4}")};
  const auto all = selectable(paths);
  REQUIRE(all.size() == 6);
  const auto expected = read_all(paths, kNoLimit).records;
  for (unsigned chosen = 1; chosen < 1U << all.size(); ++chosen) {
    std::vector<SelectedRecord> selected;
    std::vector<Seen> wanted;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((chosen >> i & 1U) == 0) continue;
      selected.push_back(all[i]);
      wanted.push_back(expected[i]);
    }
    for (std::uint64_t chunk_bytes = 1; chunk_bytes < 40; ++chunk_bytes) {
      INFO("chosen " << chosen << ", chunk_bytes " << chunk_bytes);
      CHECK(read_selected(paths, chunk_bytes, selected) == wanted);
    }
  }
}

TEST_CASE("reader: a selected record longer than a record may be is too long, as it was") {
  const ScratchFolder folder;
  ChunkPlan plan({stat_input(folder.write("a.jsonl", "ab\n0123456789\ncd\n"))}, 4);
  const auto chunk = ChunkReader(plan.files(), 5).read(select_records(plan, {{0, 3, 1, 1}}).grant(0));
  REQUIRE(chunk.records.size() == 1);
  CHECK(chunk.records[0].too_long);
}

TEST_CASE("reader: a selected record that does not begin where it did is a run error with place and remedy") {
  const ScratchFolder folder;
  const auto path = folder.write("a.jsonl", "aa\n\nbbbb\ncc\n");
  for (const std::uint64_t offset : {1U, 3U, 5U, 8U, 10U}) {  // within a line, a blank line, a newline
    ChunkPlan plan({stat_input(path)}, 100);
    auto source = select_records(plan, {{0, offset, 0, 0}});
    ChunkReader reader(plan.files(), kNoLimit);
    INFO(offset);
    CHECK_THAT(message_of<RunError>([&] { reader.read(source.grant(0)); }),
               Contains("no record begins at byte " + std::to_string(offset) + " of " + path) &&
                   Contains("the input has changed") && Contains("--overwrite"));
  }
}
