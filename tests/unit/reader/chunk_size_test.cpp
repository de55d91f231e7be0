#include "unit/reader/read_whole.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "reader/chunk_size.hpp"

using namespace infer;
using namespace infer::test;

namespace {

/// What the rules say of one file, without chunks: the other opinion.
Whole by_the_rules(const std::string& content, std::size_t max_record_bytes, std::uint32_t file = 0) {
  Whole whole;
  std::uint64_t line = 0;
  const bool mark = content.starts_with("\xEF\xBB\xBF");
  for (std::size_t begin = mark ? 3 : 0; begin < content.size();) {
    const auto end = std::min(content.find('\n', begin), content.size());
    auto text = content.substr(begin, end - begin);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    ++line;
    if (text.size() > max_record_bytes) {
      whole.records.push_back({file, line, begin, "(too long)"});
    } else if (text.find_first_not_of(" \t\r") != std::string::npos) {
      whole.records.push_back({file, line, begin, text});
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

std::string random_content(std::mt19937& random, std::size_t most_bytes) {
  const std::string alphabet = "ab \t\r\n\n\n";
  std::string content;
  const auto size = random() % most_bytes;
  for (std::size_t i = 0; i < size; ++i) content += alphabet[random() % alphabet.size()];
  return content;
}

}  // namespace

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
  for (int round = 0; round < 25; ++round) check_every_chunk_size(random_content(random, 40));
}

TEST_CASE("reader: small files in one chunk are read as each by itself") {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const ScratchFolder folder;
    std::vector<std::string> paths;
    std::vector<Seen> expected;
    for (std::uint32_t file = 0; file < 6; ++file) {
      const auto content = (random() % 4 == 0 ? "\xEF\xBB\xBF" : "") + random_content(random, 12);
      paths.push_back(folder.write(std::to_string(file), content));
      const auto records = by_the_rules(content, kNoLimit, file).records;
      expected.insert(expected.end(), records.begin(), records.end());
    }
    for (const std::uint64_t chunk_bytes : {1U, 2U, 5U, 9U, 14U, 20U, 33U, 100U}) {
      INFO("round " << round << ", chunk_bytes " << chunk_bytes);
      CHECK(read_all(paths, chunk_bytes).records == expected);
    }
  }
}

TEST_CASE("reader: a limit of few rows holds where lines are very short, and texts keep their chunks") {
  constexpr std::uint64_t kMuch = std::uint64_t{1} << 40U;
  CHECK(chunk_bytes_for_rows(60, kMuch, 32) == 32 * 60);
  CHECK(chunk_bytes_for_rows(60, kMuch, 1) == 60);
  CHECK(chunk_bytes_for_rows(60, 6000, 32) == 16 * 60);
  CHECK(chunk_bytes_for_rows(3, kMuch, 1024) == 4096);
  CHECK(chunk_bytes_for_rows(3, 300, 1024) == 4096);
  CHECK(chunk_bytes_for_rows(60, kMuch, 1024) == 1024 * 60);
}
