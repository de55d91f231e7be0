#include "writer/written_chunks.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using infer::test::chunk_of;
using infer::test::failed_chunk;

namespace {

EncodedChunk digested_chunk(std::uint64_t id, std::uint64_t range, std::uint64_t beyond) {
  auto chunk = chunk_of(id);
  chunk.digest.range = range;
  chunk.digest.beyond = beyond;
  return chunk;
}

}  // namespace

TEST_CASE("written chunks: the lines are those of a chunk's file, the rows those of the input") {
  WrittenChunks written({}, {});
  written.add(chunk_of(0, 0, 3));
  written.add(chunk_of(1, 0, 4));
  const auto same_file = written.before(chunk_of(2, 0));
  CHECK(same_file.lines == 7);
  CHECK(same_file.rows == 2);
  const auto next_file = written.before(chunk_of(2, 2));
  CHECK(next_file.lines == 0);
  CHECK(next_file.rows == 2);
  written.add(chunk_of(2, 2, 5));
  CHECK(written.so_far().file == 2);
  CHECK(written.so_far().lines == 5);
  CHECK(written.so_far().chunks == 3);
  CHECK(written.so_far().input_bytes == 30);
}

TEST_CASE("written chunks: the first failure is told with its line in the file, and stays") {
  WrittenChunks written({}, {});
  written.add(chunk_of(0, 0, 9));
  CHECK(written.so_far().first_failure.empty());
  written.add(failed_chunk(1, 0, 4, 2));
  written.add(failed_chunk(2, 0, 4, 2));
  CHECK(written.so_far().first_failure == "data.jsonl:12: broken (wrong_type)");
  CHECK(written.so_far().failed == 2);
  written.add(failed_chunk(3, 1, 4, 2));
  CHECK(written.so_far().first_failure == "data.jsonl:12: broken (wrong_type)");
}

TEST_CASE("written chunks: the first failure of a new file counts its lines from 1") {
  WrittenChunks written({}, {});
  written.add(chunk_of(0, 0, 9));
  written.add(failed_chunk(1, 1, 4, 2));
  CHECK(written.so_far().first_failure == "data.jsonl:3: broken (wrong_type)");
}

TEST_CASE("written chunks: gone on from a checkpoint, all is as in one go") {
  WrittenChunks in_one_go({}, {});
  for (std::uint64_t id = 0; id < 3; ++id) in_one_go.add(digested_chunk(id, id + 5, id + 50));
  WrittenChunks second(in_one_go.so_far(), {});
  for (std::uint64_t id = 3; id < 6; ++id) {
    in_one_go.add(digested_chunk(id, id + 5, id + 50));
    second.add(digested_chunk(id, id + 5, id + 50));
  }
  CHECK(second.so_far() == in_one_go.so_far());
  CHECK(second.so_far().beyond_digest == 55);
}

TEST_CASE("written chunks: those of a selection bring their numbers, and leave the input's digest alone") {
  Checkpoint from;
  from.beyond_digest = 4;
  WrittenChunks written(from, 77);
  written.add(digested_chunk(0, 5, 6));
  auto selected = chunk_of(1);
  selected.before = Counts{40, 30};
  CHECK(written.before(selected) == Counts{40, 30});
  CHECK(written.so_far().rows == 1);
  CHECK(written.so_far().lines == 1);
  CHECK(written.so_far().input_digest == 77);
  CHECK(written.so_far().beyond_digest == 4);
}

TEST_CASE(
    "written chunks: failures are counted by code, and the first few of each are told with their lines") {
  WrittenChunks written({}, {});
  written.add(chunk_of(0, 0, 9));
  for (std::uint64_t id = 1; id <= 4; ++id) {
    auto chunk = failed_chunk(id, 0, 4, 2);
    chunk.failures = {{RecordErrorCode::wrong_type, 5, {chunk.first_failure, chunk.first_failure}},
                      {RecordErrorCode::too_long, 1, {}}};
    written.add(chunk);
  }
  const auto& failures = written.so_far().failures;
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].code == "wrong_type");
  CHECK(failures[0].rows == 20);
  CHECK(failures[0].first == std::vector<std::string>{"data.jsonl:12: broken (wrong_type)",
                                                      "data.jsonl:12: broken (wrong_type)",
                                                      "data.jsonl:16: broken (wrong_type)"});
  CHECK(failures[1] == CodeFailures{"too_long", 4, {}});
}

TEST_CASE("written chunks: the last session is that of the chunks to come, earlier ones stay") {
  Checkpoint from;
  from.sessions = {{1, 2.5, 3, 40, 5, {}, {}}, {2, 0, 1, 0, 0, {}, {}}};
  const auto earlier = from.sessions.front();
  WrittenChunks written(from, {});
  auto chunk = failed_chunk(0, 0, 4, 2);
  chunk.rows = 10;
  chunk.work.tokens = 7;
  chunk.account.lengths.add(3, 10);
  written.add(chunk);
  written.add(chunk_of(1));
  const auto& sessions = written.so_far().sessions;
  REQUIRE(sessions.size() == 2);
  CHECK(sessions[0] == earlier);
  CHECK(sessions[1].rows == 10 + chunk_of(1).rows);
  CHECK(sessions[1].failed == 1);
  CHECK(sessions[1].work.tokens == 7);
  CHECK(sessions[1].account.lengths.sum() == 10);
}
