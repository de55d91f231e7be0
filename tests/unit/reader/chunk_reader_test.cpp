#include "reader/chunk_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>
#include <ostream>
#include <random>

#include "base/error.hpp"
#include "reader/input_fd.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

constexpr std::size_t kNoLimit = 1 << 20;

/// A record as the whole run sees it: `line` is physical, from 1 in its file.
struct Seen {
  std::uint32_t file = 0;
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string text;  ///< "(too long)" when it is

  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.file << ':' << seen.line << '@' << seen.offset << ' ' << seen.text;
}

struct Whole {
  std::vector<Seen> records;
  std::vector<std::uint64_t> lines;  ///< physical lines of each file
};

/// All records of the files as a selection could name them.
std::vector<SelectedRecord> selectable(const std::vector<std::string>& paths) {
  std::vector<InputFile> files;
  for (const auto& path : paths) files.push_back(stat_input(path));
  const ChunkPlan plan(files, kNoLimit);
  ChunkReader reader(plan, kNoLimit);
  std::vector<SelectedRecord> records;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read(plan.range(id));
    for (const auto& record : chunk.records)
      records.push_back({chunk.range.file, record.offset, record.line, records.size()});
  }
  return records;
}

/// What comes of `selected` in chunks of `chunk_bytes`; lines and numbers must be those that were selected.
std::vector<Seen> read_selected(const std::vector<std::string>& paths, std::uint64_t chunk_bytes,
                                const std::vector<SelectedRecord>& selected) {
  std::vector<InputFile> files;
  for (const auto& path : paths) files.push_back(stat_input(path));
  ChunkPlan plan(files, chunk_bytes);
  plan.select(selected);
  ChunkReader reader(plan, kNoLimit);
  std::vector<Seen> seen;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read(plan.range(id));
    CHECK(chunk.range.id == id);
    for (const auto& record : chunk.records) {
      const auto& wanted = selected.at(seen.size());
      CHECK(record.line == wanted.line);
      CHECK(record.number == wanted.number);
      seen.push_back({chunk.range.file, record.line + 1, record.offset, std::string(chunk.text(record))});
    }
  }
  return seen;
}

Whole read_all(const std::vector<std::string>& paths, std::uint64_t chunk_bytes,
               std::size_t max_record_bytes = kNoLimit) {
  std::vector<InputFile> files;
  for (const auto& path : paths) files.push_back(stat_input(path));
  const ChunkPlan plan(files, chunk_bytes);
  ChunkReader reader(plan, max_record_bytes);
  Whole whole;
  whole.lines.resize(files.size());
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read(plan.range(id));
    auto& lines = whole.lines[chunk.range.file];
    for (const auto& record : chunk.records) {
      const auto text = record.too_long ? "(too long)" : std::string(chunk.text(record));
      whole.records.push_back({chunk.range.file, lines + record.line + 1, record.offset, text});
    }
    lines += chunk.lines;
  }
  return whole;
}

/// One file of this content as one chunk after the other.
Whole read_content(const std::string& content, std::uint64_t chunk_bytes,
                   std::size_t max_record_bytes = kNoLimit) {
  const ScratchFolder folder;
  return read_all({folder.write("a.jsonl", content)}, chunk_bytes, max_record_bytes);
}

std::vector<std::string> texts(const Whole& whole) {
  std::vector<std::string> all;
  for (const auto& record : whole.records) all.push_back(record.text);
  return all;
}

/// What the rules say, without chunks: the other opinion.
Whole by_the_rules(const std::string& content, std::size_t max_record_bytes) {
  Whole whole;
  std::uint64_t line = 0;
  const bool mark = content.starts_with("\xEF\xBB\xBF");
  for (std::size_t begin = mark ? 3 : 0; begin < content.size();) {
    const auto end = std::min(content.find('\n', begin), content.size());
    auto text = content.substr(begin, end - begin);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    ++line;
    if (text.size() > max_record_bytes) {
      whole.records.push_back({0, line, begin, "(too long)"});
    } else if (text.find_first_not_of(" \t\r") != std::string::npos) {
      whole.records.push_back({0, line, begin, text});
    }
    begin = end + 1;
  }
  whole.lines = {line};
  return whole;
}

/// Every chunk size and several limits must give what the rules give.
void check_every_chunk_size(const std::string& content) {
  const ScratchFolder folder;
  const auto path = folder.write("nasty.jsonl", content);
  for (const std::size_t limit :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{8}, kNoLimit}) {
    const auto expected = by_the_rules(content, limit);
    for (std::uint64_t chunk_bytes = 1; chunk_bytes <= content.size() + 2; ++chunk_bytes) {
      const auto whole = read_all({path}, chunk_bytes, limit);
      INFO("chunk_bytes " << chunk_bytes << ", max_record_bytes " << limit << ", content " << content);
      CHECK(whole.records == expected.records);
      CHECK(whole.lines == expected.lines);
    }
  }
}

}  // namespace

namespace {

/// A file of an old date that was planned in chunks of 4 bytes, and is then changed.
class ChangingFile {
 public:
  explicit ChangingFile(std::string_view content)
      : path_(folder_.write("a.jsonl", content)),
        plan_({(date(path_, kThen), stat_input(path_))}, 4),
        reader_(plan_, kNoLimit),
        late_reader_(plan_, kNoLimit) {}

  const std::string& path() const { return path_; }
  const ChunkPlan& plan() const { return plan_; }
  ChunkReader& reader() const { return reader_; }
  ChunkReader& late_reader() const { return late_reader_; }

  void overwrite(std::string_view content) const { date(folder_.write("a.jsonl", content), kNow); }
  void replace(std::string_view content) const {
    std::filesystem::rename(folder_.write("new.jsonl", content), path_);
    date(path_, kNow);
  }

 private:
  static constexpr std::time_t kThen = 1'000'000'000;
  static constexpr std::time_t kNow = 2'000'000'000;

  static void date(const std::string& path, std::time_t seconds) {
    const timespec times[2]{{seconds, 0}, {seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }

  ScratchFolder folder_;
  std::string path_;
  ChunkPlan plan_;
  mutable ChunkReader reader_;
  mutable ChunkReader late_reader_;
};

}  // namespace

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
  ChunkReader reader(plan, kNoLimit);
  std::vector<std::size_t> records;
  std::vector<std::uint64_t> lines;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read(plan.range(id));
    records.push_back(chunk.records.size());
    lines.push_back(chunk.lines);
  }
  CHECK(records == std::vector<std::size_t>{1, 0, 0, 0, 1});
  CHECK(lines == std::vector<std::uint64_t>{1, 0, 0, 0, 1});
}

TEST_CASE("reader: a line that starts exactly at the border belongs to the later chunk") {
  const ScratchFolder folder;
  const ChunkPlan plan({stat_input(folder.write("a.jsonl", "abc\ndef\nghi\n"))}, 4);
  ChunkReader reader(plan, kNoLimit);
  for (std::uint64_t id = 0; id < 3; ++id) {
    const auto chunk = reader.read(plan.range(id));
    REQUIRE(chunk.records.size() == 1);
    CHECK(chunk.records[0].offset == 4 * id);
  }
}

TEST_CASE("reader: chunks may be read in any order and more than once") {
  const ScratchFolder folder;
  const ChunkPlan plan(
      {stat_input(folder.write("a.jsonl", "a\nb\n")), stat_input(folder.write("b.jsonl", "c\nd\n"))}, 2);
  ChunkReader reader(plan, kNoLimit);
  std::string seen;
  for (const std::uint64_t id : {3U, 0U, 2U, 1U, 3U}) {
    const auto chunk = reader.read(plan.range(id));
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
  const auto chunk = ChunkReader(plan, 1000).read(plan.range(0));
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
    const auto chunk = ChunkReader(plan, kNoLimit).read(plan.range(0));
    for (const auto& record : chunk.records) {
      CHECK(record.begin + record.size + kTailPadding <= chunk.buffer.size());
    }
    CHECK(chunk.buffer.size() >= kTailPadding);
  }
}

TEST_CASE("reader: a file that shrank during the run is a run error that says what it was and is") {
  const ChangingFile file("abc\ndef\n");
  CHECK(file.reader().read(file.plan().range(0)).records.size() == 1);
  std::filesystem::resize_file(file.path(), 6);
  CHECK_THAT(message_of<RunError>([&] { file.reader().read(file.plan().range(1)); }),
             Contains(file.path()) && Contains("changed during the run") && Contains("8 bytes") &&
                 Contains("now it has 6 bytes") && Contains("start again"));
}

TEST_CASE("reader: a file that grew during the run is a run error, where it is open and where not") {
  const ChangingFile file("abc\ndef\n");
  CHECK(file.reader().read(file.plan().range(0)).records.size() == 1);
  file.overwrite("abc\ndef\nghi\n");
  for (auto* reader : {&file.reader(), &file.late_reader()}) {
    CHECK_THAT(message_of<RunError>([&] { reader->read(file.plan().range(1)); }),
               Contains("had 8 bytes") && Contains("now it has 12 bytes"));
  }
}

TEST_CASE("reader: a file written over with as many bytes is a run error") {
  const ChangingFile file("abc\ndef\n");
  file.reader().read(file.plan().range(0));
  file.overwrite("123\n456\n");
  CHECK_THAT(message_of<RunError>([&] { file.reader().read(file.plan().range(1)); }),
             Contains("changed during the run") &&
                 Contains("had 8 bytes, last written 2001-09-09T01:46:40.0") &&
                 Contains("now it has 8 bytes, last written 2033-05-18T03:33:20.0"));
}

TEST_CASE("reader: a replaced file is read on where it is open, and refused where it is not") {
  const ChangingFile file("abc\ndef\n");
  file.reader().read(file.plan().range(0));
  file.replace("12345\n6\n");
  const auto chunk = file.reader().read(file.plan().range(1));
  REQUIRE(chunk.records.size() == 1);
  CHECK(chunk.text(chunk.records[0]) == "def");
  CHECK_THROWS_AS(file.late_reader().read(file.plan().range(1)), RunError);
}

TEST_CASE("reader: a removed file is read on where it is open, and refused where it is not") {
  const ChangingFile file("abc\ndef\n");
  file.reader().read(file.plan().range(0));
  std::filesystem::remove(file.path());
  CHECK(file.reader().read(file.plan().range(1)).records.size() == 1);
  CHECK_THAT(message_of<RunError>([&] { file.late_reader().read(file.plan().range(1)); }),
             Contains("cannot open the input " + file.path() + " any more: No such file or directory") &&
                 Contains("run again"));
}

TEST_CASE("reader: a read error says where, and what the system said") {
  const std::string unmapped = "/proc/self/mem";  // a file whose first bytes cannot be read
  const auto fd = open_input(unmapped);
  REQUIRE(fd);
  std::byte byte{};
  CHECK(message_of<RunError>([&] {
          read_fully(fd.get(), {&byte, 1}, 0, unmapped);
        }) == "cannot read /proc/self/mem at byte 0: Input/output error");
}

TEST_CASE("reader: a change of one file does not spoil the next") {
  const ScratchFolder folder;
  const std::vector paths{folder.write("a.jsonl", "abc\n"), folder.write("b.jsonl", "def\n")};
  const ChunkPlan plan({stat_input(paths[0]), stat_input(paths[1])}, 100);
  ChunkReader reader(plan, kNoLimit);
  std::filesystem::remove(paths[0]);
  CHECK_THROWS_AS(reader.read(plan.range(0)), RunError);
  CHECK(reader.read(plan.range(1)).records.size() == 1);
}

TEST_CASE("reader: every chunk size gives the same records, offsets and line numbers") {
  check_every_chunk_size("{\"a\":1}\n\n{\"b\":2}\r\n  \n\r\n{\"ccccc\":3}\n{}\n\n\n{\"d\":4}");
  check_every_chunk_size("a\nbb\nccc\n\ndddddddd\r\neeeeeeeee\r\nf");
  check_every_chunk_size("\n\n\n\n");
  check_every_chunk_size("\r\r\n\r");
  check_every_chunk_size("0123456789abcdef0123456789abcdef");
  check_every_chunk_size("        \n\t\t\t\t\t\t\t\t\t\n x\n");
}

TEST_CASE("reader: every chunk size agrees on random files too") {
  std::mt19937 random(20240611);
  const std::string alphabet = "ab \t\r\n\n\n";
  for (int round = 0; round < 25; ++round) {
    std::string content;
    const auto size = random() % 40;
    for (std::size_t i = 0; i < size; ++i) content += alphabet[random() % alphabet.size()];
    check_every_chunk_size(content);
  }
}

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
  plan.select({{0, 3, 1, 1}});
  const auto chunk = ChunkReader(plan, 5).read(plan.range(0));
  REQUIRE(chunk.records.size() == 1);
  CHECK(chunk.records[0].too_long);
}

TEST_CASE("reader: a selected record that does not begin where it did is a run error with place and remedy") {
  const ScratchFolder folder;
  const auto path = folder.write("a.jsonl", "aa\n\nbbbb\ncc\n");
  for (const std::uint64_t offset : {1U, 3U, 5U, 8U, 10U}) {  // within a line, a blank line, a newline
    ChunkPlan plan({stat_input(path)}, 100);
    plan.select({{0, offset, 0, 0}});
    ChunkReader reader(plan, kNoLimit);
    INFO(offset);
    CHECK_THAT(message_of<RunError>([&] { reader.read(plan.range(0)); }),
               Contains("no record begins at byte " + std::to_string(offset) + " of " + path) &&
                   Contains("the input has changed") && Contains("--overwrite"));
  }
}
