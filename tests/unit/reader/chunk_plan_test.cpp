#include "reader/chunk_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <string_view>

#include "base/error.hpp"
#include "reader/chunk_size.hpp"
#include "reader/input_fd.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/reader/select_records.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;
using infer::test::select_records;

namespace {

std::string repeated(const std::string& line, std::size_t times) {
  std::string text;
  text.reserve(line.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += line;
  return text;
}

/// Bytes of the chunks of one file with this content.
std::uint64_t chosen(const std::string& content) {
  const ScratchFolder folder;
  return choose_chunk_bytes({stat_input(folder.write("a.jsonl", content))}, 1024);
}

}  // namespace

TEST_CASE("plan: chunks tile every file, and empty files have none") {
  const ChunkPlan plan({{"a", 10, 0}, {"empty", 0, 0}, {"b", 1, 0}, {"c", 8, 0}, {"empty too", 0, 0}}, 4);
  REQUIRE(plan.chunks() == 6);
  CHECK(plan.total_bytes() == 19);
  const std::vector<std::vector<std::uint64_t>> expected{{0, 0, 4}, {0, 4, 8}, {0, 8, 10},
                                                         {2, 0, 1}, {3, 0, 4}, {3, 4, 8}};
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto range = plan.range(id);
    CHECK(range.id == id);
    CHECK(std::vector<std::uint64_t>{range.file, range.begin, range.end} == expected[id]);
  }
  CHECK_THROWS_AS(plan.range(6), InternalError);
}

TEST_CASE("plan: files that fit into a chunk together are one, whole and in order") {
  const ChunkPlan plan({{"empty", 0, 0},
                        {"a", 4, 0},
                        {"b", 6, 0},
                        {"empty", 0, 0},
                        {"c", 1, 0},
                        {"d", 21, 0},
                        {"empty", 0, 0},
                        {"e", 10, 0},
                        {"f", 1, 0}},
                       10);
  const std::vector<std::vector<std::uint64_t>> expected{{1, 3, 0, 10},  {4, 1, 0, 1},   {5, 1, 0, 10},
                                                         {5, 1, 10, 20}, {5, 1, 20, 21}, {7, 1, 0, 10},
                                                         {8, 1, 0, 1}};
  REQUIRE(plan.chunks() == expected.size());
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto range = plan.range(id);
    CHECK(range.id == id);
    CHECK(std::vector<std::uint64_t>{range.file, range.files, range.begin, range.end} == expected[id]);
  }
}

TEST_CASE("selected chunks: those of the plan that hold a record, cut to them and numbered anew") {
  const ChunkPlan plan({{"a", 100, 0}, {"empty", 0, 0}, {"b", 50, 0}}, 10);
  auto source =
      select_records(plan, {{0, 12, 1, 4}, {0, 19, 2, 5}, {0, 20, 3, 6}, {2, 0, 0, 30}, {2, 49, 9, 39}});
  CHECK(plan.chunks() == 15);
  REQUIRE(source.chunks() == 4);
  const std::vector<std::vector<std::uint64_t>> expected{{0, 12, 20}, {0, 20, 21}, {2, 0, 1}, {2, 49, 50}};
  const std::vector<std::uint64_t> firsts{4, 6, 30, 39};
  for (std::uint64_t id = 0; id < source.chunks(); ++id) {
    const auto range = source.range(id);
    CHECK(range.id == id);
    CHECK(std::vector<std::uint64_t>{range.file, range.begin, range.end} == expected[id]);
    CHECK(source.grant(id).selection.number == firsts[id]);
  }
  CHECK(source.place(3) == "b from byte 49");
  CHECK(source.input_bytes() == 8 + 1 + 1 + 1);
  CHECK_THROWS_AS(source.range(4), InternalError);
}

TEST_CASE("selected chunks: the same chunk number in two files is two chunks") {
  CHECK(select_records(ChunkPlan({{"a", 10, 0}, {"b", 10, 0}}, 100), {{0, 5, 0, 0}, {1, 5, 0, 1}}).chunks() ==
        2);
}

TEST_CASE("selected chunks: of nothing there are none") {
  const auto source = select_records(ChunkPlan({{"a", 10, 0}}, 4), {});
  CHECK(source.chunks() == 0);
  CHECK(source.input_bytes() == 0);
}

TEST_CASE("plan: a selected record outside of its file, or of a file that is not there, is a usage error") {
  for (const SelectedRecord& record :
       {SelectedRecord{0, 10, 0, 3}, SelectedRecord{1, 0, 0, 3}, SelectedRecord{7, 0, 0, 3}}) {
    const ChunkPlan plan({{"a", 10, 0}, {"empty", 0, 0}}, 4);
    CHECK_THAT(
        message_of<UsageError>([&] { select_records(plan, {record}); }),
        Contains("record 3 is not in the input any more (byte " + std::to_string(record.offset) + ")"));
  }
}

TEST_CASE("plan: no files and only empty files make no chunks") {
  CHECK(ChunkPlan({}, 1).chunks() == 0);
  CHECK(ChunkPlan({{"a", 0, 0}, {"b", 0, 0}}, 1).chunks() == 0);
}

TEST_CASE("plan: a chunk size beyond the file is one chunk, also at the largest number") {
  const ChunkPlan plan({{"a", 10, 0}}, ~std::uint64_t{0});
  REQUIRE(plan.chunks() == 1);
  CHECK(plan.range(0).end == 10);
}

TEST_CASE("plan: a missing input is a usage error with the path and the reason") {
  CHECK_THAT(message_of<UsageError>([] { stat_input("/no/such/file.jsonl"); }),
             Contains("/no/such/file.jsonl") && Contains("No such file or directory"));
}

TEST_CASE("plan: a folder is a usage error that says so") {
  const ScratchFolder folder;
  CHECK_THAT(message_of<UsageError>([&] { stat_input(folder.path("")); }), Contains("is a folder"));
}

TEST_CASE("plan: an input that may not be read is a usage error") {
  if (::geteuid() == 0) return;  // root may read everything
  const ScratchFolder folder;
  const auto path = folder.write("secret.jsonl", "{}\n");
  ::chmod(path.c_str(), 0);
  CHECK_THAT(message_of<UsageError>([&] { stat_input(path); }), Contains("Permission denied"));
}

TEST_CASE("plan: a named pipe that nobody writes to is neither waited for nor opened") {
  const ScratchFolder folder;
  const auto path = folder.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  auto writer = std::async(std::launch::async, [&] { return UniqueFd(::open(path.c_str(), O_WRONLY)); });
  CHECK(stat_input(path).kind == InputKind::pipe);
  CHECK(writer.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
  const auto reader = open_input(path);
  CHECK(writer.get());
}

TEST_CASE("plan: what an input is packed with is told by its first bytes, not by its name") {
  const ScratchFolder folder;
  using namespace std::string_view_literals;
  CHECK(stat_input(folder.write("a.jsonl", "\x1f\x8b\x08"sv)).kind == InputKind::packed);
  CHECK(stat_input(folder.write("b", "\x28\xb5\x2f\xfd"sv)).kind == InputKind::packed);
  CHECK(stat_input(folder.write("c", "\x50\x2a\x4d\x18"sv)).kind == InputKind::packed);
  CHECK(stat_input(folder.write("d.gz", "{}\n")).kind == InputKind::plain);
  CHECK(stat_input(folder.write("e.gz", "")).kind == InputKind::plain);
  CHECK(stat_input("-").kind == InputKind::standard_input);
}

TEST_CASE("plan: stat_input sees the size and a changed file") {
  const ScratchFolder folder;
  const auto path = folder.write("a.jsonl", "12345");
  const auto before = stat_input(path);
  CHECK(before.path == path);
  CHECK(before.bytes == 5);
  CHECK(stat_input(path) == before);
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(5));
  CHECK_FALSE(stat_input(path) == before);
}

TEST_CASE("chunk size: the same for the same file") {
  const ScratchFolder folder;
  const auto file = stat_input(folder.write("a.jsonl", repeated("{\"x\":1}\n", 5000)));
  CHECK(choose_chunk_bytes({file}, 1024) == choose_chunk_bytes({file}, 1024));
}

TEST_CASE("chunk size: a small input still makes many chunks") {
  const auto content = repeated(std::string(99, 'x') + "\n", 10'000);
  const auto bytes = chosen(content);
  CHECK(content.size() / bytes >= 60);
  CHECK(content.size() / bytes <= 80);
}

TEST_CASE("chunk size: few long lines make several chunks, many short ones a chunk of 128 at least") {
  const auto few = repeated(std::string(2199, 'x') + "\n", 117);
  CHECK(few.size() / chosen(few) >= 7);
  CHECK(chosen(repeated(std::string(99, 'x') + "\n", 1000)) == 128 * 100);
}

TEST_CASE("chunk size: a large input has about 1024 rows a chunk") {
  const ScratchFolder folder;
  const auto path = folder.write("a.jsonl", repeated(std::string(99, 'x') + "\n", 11'000));
  std::filesystem::resize_file(path, std::uint64_t{10} << 30U);  // sparse: only the first MiB is looked at
  const auto bytes = choose_chunk_bytes({stat_input(path)}, 1024);
  CHECK(bytes >= 1000 * 100);
  CHECK(bytes <= 1024 * 100);
  CHECK(choose_chunk_bytes({stat_input(path)}, 4096) == 4 * bytes);
}

TEST_CASE("chunk size: lies between 4 KiB and 16 MiB whatever the lines are") {
  CHECK(chosen("x") == 4096);
  CHECK(chosen("\n\n\n") == 4096);
  CHECK(chosen(repeated("\n", 100'000)) == 4096);
  CHECK(chosen(std::string(3U << 20U, 'x')) == std::uint64_t{16} << 20U);
}

TEST_CASE("chunk size: the first file with content decides") {
  const ScratchFolder folder;
  const auto empty = stat_input(folder.write("empty.jsonl", ""));
  const auto full = stat_input(folder.write("full.jsonl", repeated(std::string(199, 'x') + "\n", 20'000)));
  CHECK(choose_chunk_bytes({empty, full}, 1024) == choose_chunk_bytes({full}, 1024));
  CHECK(choose_chunk_bytes({empty}, 1024) > 0);
  CHECK(choose_chunk_bytes({}, 1024) > 0);
}
