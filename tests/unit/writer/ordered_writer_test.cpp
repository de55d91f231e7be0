#include "writer/ordered_writer.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using infer::test::chunk_of;
using infer::test::config_of;
using infer::test::failed_chunk;
using infer::test::message_of;
using infer::test::nothing;
using infer::test::ScratchFolder;
using infer::test::wait_for_failure;
using infer::test::wait_until_written;

TEST_CASE("writer: no chunks at all make an empty file") {
  const ScratchFolder folder;
  OrderedWriter writer(config_of(folder, 0), nullptr, nothing);
  writer.finish();
  CHECK(folder.read("out.jsonl").empty());
}

TEST_CASE("writer: chunks in any order within the window come out in input order") {
  std::mt19937 random(3);
  for (const std::size_t window : {1U, 2U, 5U, 64U}) {
    const ScratchFolder folder;
    constexpr std::uint64_t kChunks = 200;
    OrderedWriter writer(config_of(folder, kChunks, window), nullptr, nothing);
    std::vector<std::uint64_t> pending;  // ids below the oldest missing one + window
    std::uint64_t granted = 0;
    for (std::uint64_t done = 0; done < kChunks; ++done) {
      const auto oldest = pending.empty() ? granted : *std::ranges::min_element(pending);
      while (granted < std::min<std::uint64_t>(kChunks, oldest + window)) pending.push_back(granted++);
      const auto pick = pending.begin() + static_cast<std::ptrdiff_t>(random() % pending.size());
      writer.submit(chunk_of(*pick));
      pending.erase(pick);
    }
    writer.finish();
    std::string expected;
    for (std::uint64_t id = 0; id < kChunks; ++id) expected += "row " + std::to_string(id) + "\n";
    CHECK(folder.read("out.jsonl") == expected);
    CHECK(writer.progress().rows == kChunks);
    CHECK(writer.progress().waiting_bytes == 0);
  }
}

TEST_CASE("writer: nothing is under the final name before finish") {
  const ScratchFolder folder;
  {
    OrderedWriter writer(config_of(folder, 2), nullptr, nothing);
    writer.submit(chunk_of(0));
    wait_until_written(writer, 1);
  }
  CHECK_FALSE(folder.has("out.jsonl"));
  CHECK(folder.read("out.jsonl.partial") == "row 0\n");
}

TEST_CASE("writer: line numbers count on over the chunks of a file and start again in the next") {
  const ScratchFolder folder;
  auto config = config_of(folder, 6);
  config.files.errors = folder.path("errors.jsonl");
  OrderedWriter writer(config, nullptr, nothing);
  writer.submit(failed_chunk(2, 0, 1, 0));
  writer.submit(failed_chunk(4, 2, 5, 4));  // file 1 is empty, so it has no chunk
  writer.submit(failed_chunk(0, 0, 3, 1));
  writer.submit(failed_chunk(5, 2, 1, 0));
  writer.submit(chunk_of(1, 0, 4));
  writer.submit(failed_chunk(3, 2, 2, 1));
  writer.finish();
  CHECK(folder.read("out.jsonl") ==
        "line 2 of file 0\nrow 1\nline 8 of file 0\nline 2 of file 2\nline 7 of file 2\nline 8 of file 2\n");
  CHECK(folder.read("errors.jsonl") == "error 2\nerror 8\nerror 2\nerror 7\nerror 8\n");
}

TEST_CASE("writer: a text may have many stamps, also at its start, its end and one place") {
  const ScratchFolder folder;
  OrderedWriter writer(config_of(folder, 2), nullptr, nothing);
  writer.submit(chunk_of(0, 0, 99));
  auto chunk = chunk_of(1);
  chunk.output = {"abc", {{0, 0}, {1, 1}, {1, 2}, {3, 3}}};
  writer.submit(chunk);
  writer.finish();
  CHECK(folder.read("out.jsonl") == "row 0\n100a101102bc103");
}

TEST_CASE("writer: tells what is written, what failed first, and rings after each write and the commit") {
  const ScratchFolder folder;
  std::atomic<int> rings{0};
  OrderedWriter writer(config_of(folder, 4), nullptr, [&] { ++rings; });
  CHECK_FALSE(writer.progress().first_row.has_value());
  writer.submit(failed_chunk(2, 0, 1, 0));
  writer.submit(failed_chunk(1, 0, 7, 6));
  std::this_thread::sleep_for(20ms);
  CHECK(writer.progress().next_chunk == 0);
  CHECK(writer.progress().waiting_bytes > 0);
  writer.submit(chunk_of(0, 0, 10));
  wait_until_written(writer, 3);
  const auto progress = writer.progress();
  CHECK(progress.next_chunk == 3);
  CHECK(progress.rows == 3);
  CHECK(progress.failed == 2);
  CHECK(progress.input_bytes == 30);
  CHECK(progress.waiting_bytes == 0);
  CHECK(progress.first_failure == "data.jsonl:17: broken (wrong_type)");
  CHECK(progress.first_row.has_value());
  writer.submit(chunk_of(3));
  writer.finish();
  CHECK(rings == 5);  // four writes and the commit
}

TEST_CASE("writer: with stop_at_first_failure the first failure in input order ends the run") {
  const ScratchFolder folder;
  auto config = config_of(folder, 4);
  config.stop_at_first_failure = true;
  OrderedWriter writer(config, nullptr, nothing);
  writer.submit(failed_chunk(2, 0, 1, 0));
  writer.submit(failed_chunk(1, 0, 5, 2));
  std::this_thread::sleep_for(20ms);
  CHECK_NOTHROW(writer.rethrow_if_failed());
  writer.submit(chunk_of(0, 0, 10));
  CHECK_THAT(message_of<RunError>([&] { wait_for_failure(writer); }),
             Contains("data.jsonl:13: broken (wrong_type)") && Contains("--on-error fail"));
  CHECK_THROWS_AS(writer.finish(), RunError);
  CHECK_FALSE(folder.has("out.jsonl"));
}

TEST_CASE("writer: a chunk missing at finish is an internal error and no finished file") {
  const ScratchFolder folder;
  OrderedWriter writer(config_of(folder, 3), nullptr, nothing);
  writer.submit(chunk_of(0));
  writer.submit(chunk_of(2));
  CHECK_THROWS_AS(writer.finish(), InternalError);
  CHECK_FALSE(folder.has("out.jsonl"));
}

TEST_CASE("writer: a chunk of the past and a chunk that comes twice are internal errors") {
  const ScratchFolder folder;
  {
    OrderedWriter writer(config_of(folder, 3), nullptr, nothing);
    writer.submit(chunk_of(0));
    wait_until_written(writer, 1);
    writer.submit(chunk_of(0));
    CHECK_THROWS_AS(wait_for_failure(writer), InternalError);
  }
  OrderedWriter writer(config_of(folder, 3), nullptr, nothing);
  writer.submit(chunk_of(1));
  writer.submit(chunk_of(1));
  CHECK_THROWS_AS(wait_for_failure(writer), InternalError);
}

TEST_CASE("writer: more chunks waiting than the window is an internal error, not unbounded memory") {
  const ScratchFolder folder;
  OrderedWriter writer(config_of(folder, 100, 4), nullptr, nothing);
  for (std::uint64_t id = 1; id < 20; ++id) writer.submit(chunk_of(id));
  CHECK_THROWS_AS(wait_for_failure(writer), InternalError);
}

TEST_CASE("writer: a chunk beyond the last one is an internal error") {
  const ScratchFolder folder;
  OrderedWriter writer(config_of(folder, 1), nullptr, nothing);
  CHECK_THROWS_AS(writer.submit(chunk_of(1)), InternalError);
  CHECK_FALSE(folder.has("out.jsonl"));
}

TEST_CASE("writer: a failed write comes out of rethrow_if_failed, and later chunks do not block") {
  WriterConfig config;
  config.files.output = "/dev/full";
  config.chunks = 100;
  config.window = 1;
  std::promise<void> rung;
  std::atomic<bool> first{true};
  OrderedWriter writer(config, nullptr, [&] {
    if (first.exchange(false)) rung.set_value();
  });
  writer.submit(chunk_of(0));
  REQUIRE(rung.get_future().wait_for(10s) == std::future_status::ready);
  CHECK_THAT(message_of<RunError>([&] { writer.rethrow_if_failed(); }), Contains("No space left on device"));
  for (std::uint64_t id = 1; id < 20; ++id) writer.submit(chunk_of(id));
  CHECK_THROWS_AS(writer.finish(), RunError);
}

TEST_CASE("writer: an errors file that cannot be written fails the run as well") {
  const ScratchFolder folder;
  auto config = config_of(folder, 1);
  config.files.errors = "/dev/full";
  OrderedWriter writer(config, nullptr, nothing);
  writer.submit(failed_chunk(0, 0, 1, 0));
  CHECK_THROWS_AS(writer.finish(), RunError);
  CHECK_FALSE(folder.has("out.jsonl"));
}

TEST_CASE("writer: files that cannot be created are usage errors") {
  const ScratchFolder folder;
  WriterConfig config;
  config.files.output = folder.path("no/out.jsonl");
  CHECK_THROWS_AS(OrderedWriter(config, nullptr, nothing), UsageError);
  config.files.output = folder.path("out.jsonl");
  config.files.errors = folder.path("no/errors.jsonl");
  CHECK_THROWS_AS(OrderedWriter(config, nullptr, nothing), UsageError);
}

TEST_CASE("writer: an errors file without errors is committed empty") {
  const ScratchFolder folder;
  auto config = config_of(folder, 1);
  config.files.errors = folder.path("errors.jsonl");
  OrderedWriter writer(config, nullptr, nothing);
  writer.submit(chunk_of(0));
  writer.finish();
  CHECK(folder.read("errors.jsonl").empty());
}

TEST_CASE("writer: commits by itself after the last chunk") {
  const ScratchFolder folder;
  OrderedWriter writer(config_of(folder, 2), nullptr, nothing);
  writer.submit(chunk_of(0));
  wait_until_written(writer, 1);
  CHECK_FALSE(folder.has("out.jsonl"));
  writer.submit(chunk_of(1));
  while (!writer.progress().committed) std::this_thread::sleep_for(1ms);
  CHECK(folder.has("out.jsonl"));
}

TEST_CASE("writer: where the end is told late, nothing is committed before, and no later chunk comes") {
  const ScratchFolder folder;
  auto config = config_of(folder, 0);
  config.chunks.reset();
  OrderedWriter writer(config, nullptr, nothing);
  writer.submit(chunk_of(0));
  writer.submit(chunk_of(1));
  wait_until_written(writer, 2);
  CHECK_FALSE(writer.progress().committed);
  writer.end_at(2);
  writer.end_at(2);
  CHECK_THROWS_AS(writer.submit(chunk_of(2)), InternalError);
  CHECK_THROWS_AS(writer.end_at(3), InternalError);
  while (!writer.progress().committed) std::this_thread::sleep_for(1ms);
  CHECK(folder.read("out.jsonl") == "row 0\nrow 1\n");
}

TEST_CASE("writer: an end told before its chunks have come waits for them") {
  const ScratchFolder folder;
  auto config = config_of(folder, 0);
  config.chunks.reset();
  OrderedWriter writer(config, nullptr, nothing);
  writer.end_at(2);
  writer.submit(chunk_of(1));
  writer.submit(chunk_of(0));
  writer.finish();
  CHECK(folder.read("out.jsonl") == "row 0\nrow 1\n");
}

TEST_CASE("ordered writer: a header is written again when the number of rows is known") {
  const ScratchFolder folder;
  WriterConfig config;
  config.files.output = folder.path("out");
  config.chunks = 2;
  config.window = 2;
  config.form.header = [](std::uint64_t rows) { return "rows: " + std::to_string(rows) + "\n"; };
  config.form.header_counts_rows = true;
  OrderedWriter writer(config, nullptr, nothing);
  writer.submit(chunk_of(1));
  writer.submit(chunk_of(0));
  writer.finish();
  CHECK(folder.read("out") == "rows: 2\nrow 0\nrow 1\n");
}
