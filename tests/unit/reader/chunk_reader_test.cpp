#include "unit/reader/read_whole.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "base/digest.hpp"

using namespace infer;
using namespace infer::test;

TEST_CASE("reader: an empty file has no records") { CHECK(read_content("", 4).records.empty()); }

TEST_CASE("reader: the last line needs no newline") {
  CHECK(texts(read_content("ab\ncd", 100)) == std::vector<std::string>{"ab", "cd"});
  CHECK(texts(read_content("ab", 1)) == std::vector<std::string>{"ab"});
}

TEST_CASE("reader: blank and whitespace-only lines are no records, but they are lines") {
  const auto whole = read_content("\n \t\n\r\na\n\n  \r\nb\n\n", 100);
  CHECK(whole.records == std::vector<Seen>{{0, 4, 6, "a"}, {0, 7, 13, "b"}});
  CHECK(whole.lines == std::vector<std::uint64_t>{8});
}

TEST_CASE("reader: a file of blank lines has lines and no records") {
  const auto whole = read_content("\n\n \n", 1);
  CHECK(whole.records.empty());
  CHECK(whole.lines == std::vector<std::uint64_t>{3});
}

TEST_CASE("reader: a carriage return before the newline is no part of the record") {
  CHECK(texts(read_content("ab\r\nc\rd\r\nef\r", 100)) == std::vector<std::string>{"ab", "c\rd", "ef"});
}

TEST_CASE("reader: spaces around a record stay, and its offset is the line's") {
  CHECK(read_content("  a \n b", 100).records == std::vector<Seen>{{0, 1, 0, "  a "}, {0, 2, 5, " b"}});
}

TEST_CASE("reader: a byte order mark at the start of a file is skipped, elsewhere it stays") {
  const auto whole = read_content("\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n", 100);
  CHECK(whole.records == std::vector<Seen>{{0, 1, 3, "{}"}, {0, 2, 6, "\xEF\xBB\xBF{}"}});
}

TEST_CASE("reader: a file that is nothing but a byte order mark has no records") {
  CHECK(read_content("\xEF\xBB\xBF", 100).records.empty());
  CHECK(read_content("\xEF\xBB\xBF\n", 100).records.empty());
}

TEST_CASE("reader: chunks smaller than the byte order mark neither lose nor spoil the first record") {
  const std::string content = "\xEF\xBB\xBF{\"x\":1}\n{\"x\":2}\n";
  for (std::uint64_t chunk_bytes = 1; chunk_bytes <= content.size() + 2; ++chunk_bytes) {
    INFO("chunk_bytes " << chunk_bytes);
    CHECK(texts(read_content(content, chunk_bytes)) == std::vector<std::string>{"{\"x\":1}", "{\"x\":2}"});
  }
}

TEST_CASE("reader: a line longer than the chunk leaves the chunks inside it empty") {
  const ScratchFolder folder;
  const ChunkPlan plan({stat_input(folder.write("a.jsonl", "0123456789abcdef\nxy\n"))}, 4);
  ChunkReader reader(plan.files(), kNoLimit);
  std::vector<std::size_t> records;
  std::vector<std::uint64_t> lines;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read({plan.range(id)});
    records.push_back(chunk.records.size());
    lines.push_back(chunk.lines);
  }
  CHECK(records == std::vector<std::size_t>{1, 0, 0, 0, 1});
  CHECK(lines == std::vector<std::uint64_t>{1, 0, 0, 0, 1});
}

TEST_CASE("reader: a line that starts exactly at the border belongs to the later chunk") {
  const ScratchFolder folder;
  const ChunkPlan plan({stat_input(folder.write("a.jsonl", "abc\ndef\nghi\n"))}, 4);
  ChunkReader reader(plan.files(), kNoLimit);
  for (std::uint64_t id = 0; id < 3; ++id) {
    const auto chunk = reader.read({plan.range(id)});
    REQUIRE(chunk.records.size() == 1);
    CHECK(chunk.records[0].offset == 4 * id);
  }
}

TEST_CASE("reader: chunks may be read in any order and more than once") {
  const ScratchFolder folder;
  const ChunkPlan plan(
      {stat_input(folder.write("a.jsonl", "a\nb\n")), stat_input(folder.write("b.jsonl", "c\nd\n"))}, 2);
  ChunkReader reader(plan.files(), kNoLimit);
  std::string seen;
  for (const std::uint64_t id : {3U, 0U, 2U, 1U, 3U}) {
    const auto chunk = reader.read({plan.range(id)});
    seen += chunk.text(chunk.records.at(0));
  }
  CHECK(seen == "dacbd");
}

TEST_CASE("reader: line numbers and offsets start again in each file, an empty one between") {
  const ScratchFolder folder;
  const std::vector<std::string> paths{folder.write("a.jsonl", "a\n\nb"), folder.write("b.jsonl", ""),
                                       folder.write("c.jsonl",
                                                    "\xEF\xBB\xBF"
                                                    "c\nd\n")};
  for (const std::uint64_t chunk_bytes : {4U, 5U, 100U}) {
    CHECK(read_all(paths, chunk_bytes).records ==
          std::vector<Seen>{{0, 1, 0, "a"}, {0, 3, 3, "b"}, {2, 1, 3, "c"}, {2, 2, 5, "d"}});
  }
}

TEST_CASE("reader: lines that come with their grant are what they are in a file, and none is needed") {
  const std::vector<std::string> pieces{"\xEF\xBB\xBF{}\r\n\n", "{\"x\":1}\n", "", "\n \n",
                                        "0123456789012345\n",   "{\"last\":1}"};
  std::string content;
  for (const auto& piece : pieces) content += piece;
  constexpr std::size_t kMost = 12;
  const auto expected = read_content(content, content.size(), kMost);
  ChunkReader reader({}, kMost);
  Whole whole;
  std::uint64_t id = 0;
  std::uint64_t lines = 0;
  std::uint64_t begin = 0;
  for (const auto& piece : pieces) {
    const auto bytes = as_byte_view(piece);
    const auto chunk =
        reader.read({{id++, 0, begin, begin + bytes.size()}, {}, RawBytes(bytes.begin(), bytes.end())});
    CHECK(chunk.digest == ChunkDigest{digest_of(piece), 0});
    for (const auto& record : chunk.records) {
      const auto text = record.too_long ? "(too long)" : std::string(chunk.text(record));
      whole.records.push_back({record.file, lines + record.line + 1, record.offset, text});
    }
    lines += chunk.lines;
    begin += piece.size();
  }
  CHECK(whole.records == expected.records);
  CHECK(expected.records.size() == 4);
  CHECK(lines == expected.lines[0]);
}

TEST_CASE("reader: one giant record comes whole from chunks of any size") {
  const std::string giant(3'000'000, 'x');
  const auto content = "a\n" + giant + "\nb\n";
  for (const std::uint64_t chunk_bytes :
       {std::uint64_t{1000}, std::uint64_t{65536}, std::uint64_t{1} << 24U}) {
    const auto whole = read_content(content, chunk_bytes, giant.size());
    REQUIRE(whole.records.size() == 3);
    CHECK((whole.records[1].text == giant));
    CHECK(whole.records[2] == Seen{0, 3, giant.size() + 3, "b"});
  }
}

TEST_CASE("reader: a record of exactly the limit is kept, one byte more is too long") {
  for (const std::string newline : {"\n", "\r\n", ""}) {
    CHECK(texts(read_content("12345678" + newline, 100, 8)) == std::vector<std::string>{"12345678"});
    CHECK(texts(read_content("123456789" + newline, 100, 8)) == std::vector<std::string>{"(too long)"});
  }
}

TEST_CASE("reader: the limit is the record's, with a byte order mark before it too") {
  const std::string mark = "\xEF\xBB\xBF";
  for (std::uint64_t chunk_bytes = 1; chunk_bytes <= 20; ++chunk_bytes) {
    INFO("chunk_bytes " << chunk_bytes);
    CHECK(texts(read_content(mark + "12345678", chunk_bytes, 8)) == std::vector<std::string>{"12345678"});
    CHECK(texts(read_content(mark + "123456789", chunk_bytes, 8)) == std::vector<std::string>{"(too long)"});
    CHECK(texts(read_content(mark + "       123", chunk_bytes, 8)) == std::vector<std::string>{"(too long)"});
  }
}

TEST_CASE("reader: a record much longer than the limit costs its own line only") {
  const auto content = "a\n" + std::string(1'000'000, 'x') + "\r\nb\n";
  for (const std::uint64_t chunk_bytes : {100U, 4096U, 10000000U}) {
    const auto whole = read_content(content, chunk_bytes, 10);
    CHECK(whole.records ==
          std::vector<Seen>{{0, 1, 0, "a"}, {0, 2, 2, "(too long)"}, {0, 3, 1'000'004, "b"}});
    CHECK(whole.lines == std::vector<std::uint64_t>{3});
  }
}

TEST_CASE("reader: the end of a too long record is not read just to find it") {
  const ScratchFolder folder;
  const auto path = folder.write("a.jsonl", std::string(100, 'x'));
  std::filesystem::resize_file(path, std::uint64_t{4} << 30U);  // sparse: one record of 4 GiB
  const ChunkPlan plan({stat_input(path)}, 4096);
  const auto chunk = ChunkReader(plan.files(), 1000).read({plan.range(0)});
  REQUIRE(chunk.records.size() == 1);
  CHECK(chunk.records[0].too_long);
  CHECK(chunk.buffer.size() < 1'000'000);
}

TEST_CASE("reader: the largest possible limit means no limit") {
  const std::string record(200'000, 'x');
  const auto whole = read_content(record + "\nb\n", 4096, std::numeric_limits<std::size_t>::max());
  REQUIRE(whole.records.size() == 2);
  CHECK(whole.records[0].text.size() == record.size());
}

TEST_CASE("reader: records are followed by the padding that the parser needs") {
  const ScratchFolder folder;
  for (const std::string content : {"{}", "{}\n", "\n"}) {
    const ChunkPlan plan({stat_input(folder.write("a.jsonl", content))}, 100);
    const auto chunk = ChunkReader(plan.files(), kNoLimit).read({plan.range(0)});
    for (const auto& record : chunk.records) {
      CHECK(record.begin + record.size + kTailPadding <= chunk.buffer.size());
    }
    CHECK(chunk.buffer.size() >= kTailPadding);
  }
}
