#include "reader/chunk_records.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t kNoLimit = 1000;

void add_bytes(RawChunk& chunk, std::string_view text) {
  const auto bytes = as_byte_view(text);
  chunk.buffer.insert(chunk.buffer.end(), bytes.begin(), bytes.end());
}

/// All of a file's lines.
RawChunk lines_of(std::string_view text) {
  RawChunk chunk;
  add_bytes(chunk, text);
  chunk.range.end = text.size();
  split_lines(chunk, 0, 0, 0, kNoLimit);
  return chunk;
}

std::vector<std::string> texts(const RawChunk& chunk) {
  std::vector<std::string> all;
  for (const auto& record : chunk.records) all.emplace_back(chunk.text(record));
  return all;
}

constexpr std::string_view kLines = "aa\n\nb\nc\nd\n";  // at 0, 4, 6, 8

/// The second and the last of these records, with what they had before them in the input.
ChunkSelection two_selected() {
  Selection selection;
  selection.add({0, 4, 12, 31}, 0);
  selection.add({0, 8, 14, 33}, 0);
  return selection.chunks().at(0).selected;
}

}  // namespace

TEST_CASE("chunk records: of a chunk of several files numbers go on, and lines and offsets begin anew") {
  auto chunk = lines_of("a\n\nb\n");
  CHECK(chunk.lines == 3);
  const auto from = chunk.buffer.size();
  add_bytes(chunk, "\xEF\xBB\xBF c\r\nd");
  split_lines(chunk, from, 1, 0, kNoLimit);
  CHECK(texts(chunk) == std::vector<std::string>{"a", "b", " c", "d"});
  CHECK(chunk.lines == 2);
  const auto& third = chunk.records[2];
  CHECK(third.file == 1);
  CHECK(third.number == 2);
  CHECK(third.line == 0);
  CHECK(third.offset == 3);
  CHECK(chunk.records[1].line == 2);
}

TEST_CASE("chunk records: what begins within a file has its place there, and no byte order mark") {
  RawChunk chunk;
  add_bytes(chunk,
            "\xEF\xBB\xBF"
            "a\nlonger\n");
  split_lines(chunk, 0, 2, 100, 5);
  CHECK(texts(chunk) == std::vector<std::string>{"\xEF\xBB\xBF"
                                                 "a",
                                                 "longer"});
  CHECK(chunk.records[0].offset == 100);
  CHECK(chunk.records[1].offset == 105);
  CHECK_FALSE(chunk.records[0].too_long);
  CHECK(chunk.records[1].too_long);
}

TEST_CASE("chunk records: rows lie where their table has them, and end before their newlines") {
  InputFile file{"a.parquet", 100, 1};
  file.rows = {{0, 0}, {2, 20}, {4, 60}};
  constexpr std::array<std::uint64_t, 3> kEnds{3, 9, 12};
  constexpr std::array<std::uint8_t, 3> kOnlyCarried{0, 1, 0};
  RawChunk chunk;
  add_bytes(chunk, "{}\n{\"a\"}\n{}\n");
  split_rows(chunk, 0, 5, 1, file, 4, {{}, kEnds, kOnlyCarried, {}});
  CHECK(texts(chunk) == std::vector<std::string>{"{}", "{\"a\"}", "{}"});
  CHECK(chunk.lines == 3);
  std::vector<std::uint64_t> offsets;
  for (const auto& record : chunk.records) offsets.push_back(record.offset);
  CHECK(offsets == std::vector<std::uint64_t>{10, 20, 40});
  CHECK(chunk.records[1].too_long);
  CHECK(chunk.records[1].only_carried);
  CHECK(chunk.records[2].file == 5);
}

TEST_CASE("chunk records: selected ones are left, counted from the first of them") {
  auto chunk = lines_of(kLines);
  chunk.range.end = 9;  // behind the first byte of the last one
  keep_selected(chunk, two_selected(), "a.jsonl");
  CHECK(texts(chunk) == std::vector<std::string>{"b", "d"});
  CHECK(chunk.records[0].line == 0);
  CHECK(chunk.records[1].line == 2);
  CHECK(chunk.records[1].number == 2);
  CHECK(chunk.before == Counts{12, 31});
}

TEST_CASE("chunk records: a selection that the lines have not, or that is not their end, is refused") {
  const auto refusal = [](std::string_view text, std::uint64_t end) {
    auto chunk = lines_of(text);
    chunk.range.end = end;
    return test::message_of<RunError>([&] { keep_selected(chunk, two_selected(), "a.jsonl"); });
  };
  CHECK_THAT(refusal("aaa\n\nb\nc\nd\n", 9), Contains("no record begins at byte 4 of a.jsonl"));
  CHECK_THAT(refusal("aa\n\nb\nc\n", 9), Contains("no record begins at byte 8 of a.jsonl"));
  CHECK_THAT(refusal("aa\n\nb\nc\nd\ne\n", 9), Contains("no record begins at byte 8"));
  CHECK_THAT(refusal(kLines, 8), Contains("no record begins at byte 7"));
}
