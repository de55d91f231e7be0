#include "writer/ordered_writer.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "unit/base/child_process.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using infer::test::ChildProcess;
using infer::test::chunk_of;
using infer::test::config_of;
using infer::test::failed_chunk;
using infer::test::going_on;
using infer::test::journal_of;
using infer::test::nothing;
using infer::test::ScratchFolder;
using infer::test::wait_until_written;

namespace {

/// Chunks of two files; every third has a failed record, whose line is stamped.
EncodedChunk mixed_chunk(std::uint64_t id) {
  const std::uint32_t file = id < 4 ? 0 : 1;
  return id % 3 == 2 ? failed_chunk(id, file, 2 + id, 1) : chunk_of(id, file, 3);
}

/// Submits chunks from the first that is missing up to `end`.
void submit_until(OrderedWriter& writer, std::uint64_t end) {
  for (auto id = writer.progress().next_chunk; id < end; ++id) writer.submit(mixed_chunk(id));
}

/// What a run with 9 chunks was given that stopped at the failed record of the third.
WriterConfig stopped_by_a_failure(const ScratchFolder& folder, Seconds journal_interval) {
  auto config = config_of(folder, 9, 16);
  config.stop_at_first_failure = true;
  config.journal_interval = journal_interval;
  OrderedWriter writer(config, journal_of(config), nothing);
  submit_until(writer, 9);
  CHECK_THROWS_AS(writer.stop(), RunError);
  return config;
}

std::size_t checkpoints_in(const ScratchFolder& folder) {
  return parse_journal(folder.read("out.jsonl.journal")).checkpoints.size();
}

}  // namespace

TEST_CASE("writer with journal: a run in one go leaves the output alone") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  config.files.errors = folder.path("errors.jsonl");
  OrderedWriter writer(config, journal_of(config), nothing);
  submit_until(writer, 9);
  writer.finish();
  CHECK(folder.has("out.jsonl"));
  CHECK(folder.has("errors.jsonl"));
  for (const auto* name :
       {"out.jsonl.journal", "out.jsonl.partial", "errors.jsonl.partial", "out.jsonl.journal.new"})
    CHECK_FALSE(folder.has(name));
  const auto start = claim_output(config.files, {true, false, false});
  CHECK(start.kind == StartKind::already_complete);
  CHECK(start.finished->run->chunk_bytes == config.run.chunk_bytes);
}

TEST_CASE("writer with journal: an output that lost its name meanwhile is kept whole, and named later") {
  for (const std::string taken : {"out.jsonl", "errors.jsonl"}) {
    const ScratchFolder folder;
    auto config = config_of(folder, 9, 16);
    config.files.errors = folder.path("errors.jsonl");
    {
      auto start = claim_output(config.files, {});
      OrderedWriter writer(config, std::move(start.journal), nothing, std::move(start.errors_claim));
      folder.write(taken, "stranger");
      submit_until(writer, 9);
      CHECK_THAT(infer::test::message_of<RunError>([&] { writer.finish(); }), Contains(taken + " appeared"));
    }
    CHECK(folder.read(taken) == "stranger");
    CHECK_FALSE(folder.has(taken == "out.jsonl" ? "errors.jsonl" : "out.jsonl"));
    std::filesystem::remove(folder.path(taken));
    CHECK(claim_output(config.files, {true, false, false}).kind == StartKind::already_complete);
    CHECK(folder.read("out.jsonl").starts_with("row 0\n"));
    CHECK(folder.read("errors.jsonl").starts_with("error "));
    for (const auto* name : {"out.jsonl.journal", "errors.jsonl.journal", "errors.jsonl.partial"})
      CHECK_FALSE(folder.has(name));
  }
}

TEST_CASE("writer with journal: the errors file stays claimed for as long as the run is unfinished") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  config.files.errors = folder.path("errors.jsonl");
  {
    auto start = claim_output(config.files, {});
    OrderedWriter writer(config, std::move(start.journal), nothing, std::move(start.errors_claim));
    writer.submit(chunk_of(0));  // nothing failed yet
    writer.stop();
  }
  CHECK(folder.has("errors.jsonl.journal"));
  const OutputNames other{folder.path("other.jsonl"), config.files.errors};
  CHECK_THAT(infer::test::message_of<UsageError>([&] { claim_output(other, {}); }),
             Contains("errors.jsonl belongs to the unfinished run of") && Contains("out.jsonl"));
  auto start = claim_output(config.files, {true, false, false});
  config.from = usable_checkpoint(start.journal->found(), config.files);
  OrderedWriter writer(config, std::move(start.journal), nothing, std::move(start.errors_claim));
  submit_until(writer, 9);
  writer.finish();
  CHECK_FALSE(folder.has("errors.jsonl.journal"));
}

TEST_CASE(
    "writer with journal: stopped anywhere and gone on, output and errors are those of a run in one go") {
  constexpr std::uint64_t kChunks = 9;
  const auto header = [](std::uint64_t rows) { return "rows: " + std::to_string(rows) + "\n"; };
  const auto names = [](std::uint64_t /*rows*/) { return std::string("id,x\n"); };
  const auto pack = [](std::string_view text) { return "<" + std::string(text) + ">"; };
  for (const auto& form : {OutputForm{}, OutputForm{header, true}, OutputForm{names},
                           OutputForm{{}, false, pack}, OutputForm{names, false, pack}}) {
    const ScratchFolder clean;
    auto whole = config_of(clean, kChunks, 16);
    whole.files.errors = clean.path("errors.jsonl");
    whole.form = form;
    OrderedWriter in_one_go(whole, journal_of(whole), nothing);
    submit_until(in_one_go, kChunks);
    in_one_go.finish();
    const auto expected = in_one_go.progress();
    REQUIRE(expected.failed == 3);

    for (std::uint64_t first = 0; first <= kChunks; ++first) {
      for (const std::uint64_t second : {first, (first + kChunks) / 2}) {
        const ScratchFolder folder;
        auto config = config_of(folder, kChunks, 16);
        config.files.errors = folder.path("errors.jsonl");
        config.form = form;
        WriterProgress last;
        for (const auto end : {first, second, kChunks}) {
          if (folder.has("out.jsonl")) continue;
          auto journal = journal_of(config);
          const auto next = going_on(config, *journal);
          OrderedWriter writer(next, std::move(journal), nothing);
          submit_until(writer, end);
          writer.stop();
          last = writer.progress();
          CHECK(last.next_chunk == end);
        }
        CHECK(folder.read("out.jsonl") == clean.read("out.jsonl"));
        CHECK(folder.read("errors.jsonl") == clean.read("errors.jsonl"));
        CHECK(last.committed);
        CHECK(last.rows == expected.rows);
        CHECK(last.records == expected.records);
        CHECK(last.failed == expected.failed);
        CHECK(last.input_bytes == expected.input_bytes);
        CHECK(last.first_failure == expected.first_failure);
        CHECK_FALSE(folder.has("out.jsonl.journal"));
      }
    }
  }
}

TEST_CASE("writer with journal: what came in order is kept, what waits for an earlier chunk is not") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    for (const std::uint64_t id : {0U, 1U, 3U, 4U}) writer.submit(mixed_chunk(id));
    writer.stop();
  }
  const auto journal = journal_of(config);
  CHECK(usable_checkpoint(journal->found(), config.files).chunks == 2);
}

TEST_CASE("writer with journal: stopped before the first chunk, nothing is left") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9);
  config.files.errors = folder.path("errors.jsonl");
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    writer.stop();
  }
  for (const auto* name : {"out.jsonl", "out.jsonl.partial", "errors.jsonl.partial", "out.jsonl.journal"})
    CHECK_FALSE(folder.has(name));
}

TEST_CASE("writer with journal: leaving without a word keeps the same as a stop") {
  const ScratchFolder folder;
  const auto config = config_of(folder, 9, 16);
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    submit_until(writer, 5);
  }
  CHECK(usable_checkpoint(journal_of(config)->found(), config.files).chunks == 5);
}

TEST_CASE("writer with journal: rows behind the last checkpoint are written again, not twice") {
  const ScratchFolder folder;
  const auto config = config_of(folder, 6, 16);
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    submit_until(writer, 3);
    writer.stop();
  }
  const auto kept = folder.read("out.jsonl.partial");
  folder.write("out.jsonl.partial", kept + "row 3\nrow");
  auto journal = journal_of(config);
  const auto next = going_on(config, *journal);
  OrderedWriter writer(next, std::move(journal), nothing);
  CHECK(writer.progress().next_chunk == 3);
  CHECK(folder.read("out.jsonl.partial") == kept);
  submit_until(writer, 6);
  writer.finish();
  CHECK(folder.read("out.jsonl") == kept + "row 3\nrow 4\nline 5 of file 1\n");
}

TEST_CASE("writer with journal: a checkpoint comes when its time has, also while nothing else does") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  config.journal_interval = Seconds(0.3);
  const Stopwatch watch;
  OrderedWriter writer(config, journal_of(config), nothing);
  submit_until(writer, 2);
  wait_until_written(writer, 2);
  const bool in_time = watch.elapsed_s() < 0.2;  // where the disk is slow, one may come between the two
  if (in_time) CHECK(checkpoints_in(folder) == 0);
  const auto kept = [&] {
    const auto all = parse_journal(folder.read("out.jsonl.journal")).checkpoints;
    return all.empty() ? 0 : all.back().chunks;
  };
  for (const Deadline deadline(Seconds(10)); kept() < 2 && !deadline.passed();)
    std::this_thread::sleep_for(5ms);
  CHECK(kept() == 2);
  CHECK(watch.elapsed_s() >= 0.3);
  const auto count = checkpoints_in(folder);
  if (in_time) CHECK(count == 1);
  std::this_thread::sleep_for(700ms);
  CHECK(checkpoints_in(folder) == count);  // nothing new, no checkpoint
}

TEST_CASE("writer with journal: in a hurry, the checkpoint does not wait for its time") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  config.journal_interval = Seconds(1000);
  OrderedWriter writer(config, journal_of(config), nothing);
  submit_until(writer, 2);
  wait_until_written(writer, 2);
  CHECK(checkpoints_in(folder) == 0);
  writer.hurry();
  for (const Deadline deadline(Seconds(10)); checkpoints_in(folder) == 0 && !deadline.passed();)
    std::this_thread::sleep_for(5ms);
  CHECK(checkpoints_in(folder) == 1);
  writer.submit(mixed_chunk(2));
  wait_until_written(writer, 3);
  std::this_thread::sleep_for(150ms);
  CHECK(checkpoints_in(folder) == 1);  // one wish, one checkpoint
}

TEST_CASE("writer with journal: with many chunks there are no more checkpoints than intervals") {
  const ScratchFolder folder;
  auto config = config_of(folder, 3000, 3000);
  config.journal_interval = Seconds(0.05);
  const Stopwatch watch;
  OrderedWriter writer(config, journal_of(config), nothing);
  for (std::uint64_t id = 0; id < 2999; ++id) writer.submit(chunk_of(id));
  writer.stop();
  const auto most = static_cast<std::size_t>(watch.elapsed_s() / 0.05) + 2;
  CHECK(checkpoints_in(folder) >= 1);
  CHECK(checkpoints_in(folder) <= most);
}

TEST_CASE("writer with journal: a failed write leaves the last checkpoint usable") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  config.journal_interval = Seconds(1000);
  ChildProcess child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    OrderedWriter writer(config, journal_of(config), nothing);
    submit_until(writer, 3);
    wait_until_written(writer, 3);
    writer.hurry();
    for (const Deadline deadline(Seconds(10)); checkpoints_in(folder) == 0 && !deadline.passed();)
      std::this_thread::sleep_for(1ms);
    const rlimit little{26, 26};  // ends within row 3
    ::setrlimit(RLIMIT_FSIZE, &little);
    submit_until(writer, 6);
    writer.stop();
    return 0;
  });
  CHECK_THAT(child.read_all(),
             Contains("cannot write") && Contains("out.jsonl.partial") && Contains("File too large"));
  CHECK(child.wait().code == 99);
  CHECK_FALSE(folder.has("out.jsonl"));
  auto journal = journal_of(config);
  const auto next = going_on(config, *journal);
  CHECK(next.from.chunks == 3);
  OrderedWriter writer(next, std::move(journal), nothing);
  submit_until(writer, 9);
  writer.finish();
  CHECK(folder.read("out.jsonl").starts_with("row 0\nrow 1\nline 8 of file 0\nrow 3\nrow 4\n"));
}

TEST_CASE("writer with journal: --on-error fail leaves a checkpoint of what came before") {
  const ScratchFolder folder;
  const auto config = stopped_by_a_failure(folder, Seconds(0));
  const auto kept = usable_checkpoint(journal_of(config)->found(), config.files).chunks;
  CHECK(kept >= 1);
  CHECK(kept <= 2);
}

TEST_CASE("writer with journal: a failure before the first checkpoint leaves rows with their journal") {
  const ScratchFolder folder;
  const auto config = stopped_by_a_failure(folder, Seconds(1000));
  CHECK(folder.read("out.jsonl.partial") == "row 0\nrow 1\n");
  const auto start = claim_output(config.files, {true, false, false});
  CHECK(start.kind == StartKind::go_on);
  CHECK(usable_checkpoint(start.journal->found(), config.files).chunks == 0);
}

TEST_CASE("writer with journal: a tail that is torn beyond an empty segment is noticed") {
  const ScratchFolder folder;
  auto config = config_of(folder, 9, 16);
  config.files.errors = folder.path("errors.jsonl");
  config.journal_interval = Seconds(0);
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    writer.submit(failed_chunk(0, 0, 1, 0));
    wait_until_written(writer, 1);
    std::this_thread::sleep_for(100ms);  // a checkpoint, and then some without an error
    for (std::uint64_t id = 1; id < 6; ++id) writer.submit(chunk_of(id));
    wait_until_written(writer, 6);
    writer.stop();
  }
  CHECK(usable_checkpoint(journal_of(config)->found(), config.files).chunks == 6);
  auto errors = folder.read("errors.jsonl.partial");
  errors.back() = '?';
  folder.write("errors.jsonl.partial", errors);
  CHECK(usable_checkpoint(journal_of(config)->found(), config.files).chunks == 0);
}
