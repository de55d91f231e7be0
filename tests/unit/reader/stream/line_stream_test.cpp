#include "reader/stream/line_stream.hpp"

#include <catch2/catch.hpp>

#include "reader/chunk_plan.hpp"
#include "reader/chunk_reader.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/reader/stream/given_stream.hpp"
#include "unit/reader/stream/random_lines.hpp"

using namespace infer;
using infer::test::GivenStream;
using infer::test::random_lines;
using infer::test::ScratchFolder;

namespace {

constexpr auto kEver = Seconds::max();

/// What is in a chunk: offset and text of each record, empty where it is too long.
struct Chunk {
  std::vector<std::pair<std::uint64_t, std::string>> records;
  std::uint64_t lines = 0;

  bool operator==(const Chunk&) const = default;
};

Chunk chunk_of(const RawChunk& raw) {
  Chunk chunk{{}, raw.lines};
  for (const auto& record : raw.records)
    chunk.records.emplace_back(record.offset, record.too_long ? "" : std::string(raw.text(record)));
  return chunk;
}

/// Those that own a line.
std::vector<Chunk> plain_chunks(const std::string& content, std::uint64_t chunk_bytes, std::size_t longest) {
  const ScratchFolder folder;
  const ChunkPlan plan({stat_input(folder.write("a.jsonl", content))}, chunk_bytes);
  ChunkReader reader(plan.files(), longest);
  std::vector<Chunk> chunks;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    auto chunk = chunk_of(reader.read({plan.range(id)}));
    if (chunk.lines > 0) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<Chunk> streamed_chunks(ByteStream& stream, std::uint64_t chunk_bytes, std::size_t longest,
                                   std::uint64_t& digest) {
  Digest all;
  LineStream lines(stream, {longest}, all);
  ChunkReader reader({}, longest);
  std::vector<Chunk> chunks;
  while (auto cut = lines.cut((lines.offset() / chunk_bytes + 1) * chunk_bytes, kEver)) {
    GrantedChunk granted;
    granted.range = {chunks.size(), 0, cut->begin, cut->end};
    granted.payload = std::move(cut->lines);
    chunks.push_back(chunk_of(reader.read(std::move(granted))));
  }
  digest = all.value();
  return chunks;
}

}  // namespace

TEST_CASE("line stream: cuts where the chunks of a plain file are cut, however the bytes come") {
  const auto seed = GENERATE(range(1U, 41U));
  std::mt19937 random(seed);
  INFO("seed " << seed);
  const auto content = random_lines(random, random() % 200, seed % 10 == 0 ? 3'000'000 : 5000);
  for (const std::uint64_t chunk_bytes : {1U, 2U, 37U, 1000U, 65536U, 1U << 20U}) {
    if (content.size() / chunk_bytes > 20'000) continue;
    for (const std::size_t longest : {std::size_t{3}, std::size_t{200}, std::size_t{1} << 20U}) {
      GivenStream stream(content, random, seed % 2 == 0);
      std::uint64_t digest = 0;
      const bool same = streamed_chunks(stream, chunk_bytes, longest, digest) ==
                        plain_chunks(content, chunk_bytes, longest);
      INFO("chunks of " << chunk_bytes << " bytes, records of at most " << longest);
      REQUIRE(same);
      REQUIRE(digest == digest_of(content));
    }
  }
}

TEST_CASE("line stream: what is left out may end anywhere, and the rest is cut as if it had been there") {
  std::mt19937 random(7);
  const auto content = random_lines(random, 300, 500);
  constexpr std::uint64_t kBytes = 100;
  GivenStream first(content, random);
  Digest digest;
  LineStream whole(first, {1000}, digest);
  std::vector<std::uint64_t> ends;
  while (const auto cut = whole.cut((whole.offset() / kBytes + 1) * kBytes, kEver)) ends.push_back(cut->end);
  for (std::size_t from = 0; from < ends.size(); from += 7) {
    GivenStream again(content, random);
    LineStream lines(again, {1000}, digest);
    REQUIRE(lines.skip(ends[from]) == ends[from]);
    for (auto next = from + 1; next < ends.size(); ++next)
      REQUIRE(lines.cut((lines.offset() / kBytes + 1) * kBytes, kEver)->end == ends[next]);
    REQUIRE_FALSE(lines.cut(lines.offset() + 1, kEver));
  }
  GivenStream shorter("abc\n", random);
  LineStream lines(shorter, {1000}, digest);
  CHECK(lines.skip(100) == 4);
}

TEST_CASE("line stream: whole lines leave when the stream pauses, a part of a line does not") {
  std::mt19937 random(1);
  class Pausing final : public ByteStream {
   public:
    StreamRead read(std::span<std::byte> target) override {
      if (pieces_.empty()) return {0, ended};
      const auto piece = std::exchange(pieces_, {});
      std::memcpy(target.data(), piece.data(), piece.size());
      return {piece.size(), false};
    }
    void give(std::string piece) { pieces_ = std::move(piece); }
    bool ended = false;

   private:
    std::string pieces_;
  } stream;
  Digest digest;
  LineStream lines(stream, {1000}, digest);
  stream.give("{1}\n{2}\n{");
  auto cut = lines.cut(4096, Seconds(0));
  REQUIRE(cut);
  CHECK(cut->end == 8);
  stream.give("3}\n");
  cut = lines.cut(4096, Seconds(0));
  REQUIRE(cut);
  CHECK(cut->begin == 8);
  CHECK(cut->end == 12);
  stream.give("{4}");
  stream.ended = true;
  cut = lines.cut(4096, Seconds(0));
  REQUIRE(cut);
  CHECK(cut->end == 15);
  CHECK_FALSE(lines.cut(4096, Seconds(0)));
}

TEST_CASE("line stream: the first records are looked at, and leave all the same") {
  std::mt19937 random(5);
  for (const bool pauses : {false, true}) {
    GivenStream stream(std::string(50, '\n') + "{1}\n{2}\n" + std::string(100, 'x') + "\n{3}\n", random,
                       pauses);
    Digest digest;
    LineStream lines(stream, {1000}, digest);
    const std::string seen(lines.peek(20, 1000, kEver));
    CHECK(seen == std::string(50, '\n') + "{1}\n{2}\n" + std::string(100, 'x') + "\n");
    CHECK(lines.cut(4096, kEver)->lines.size() == 50 + 8 + 101 + 4);
  }
  GivenStream blank(std::string(5000, '\n'), random);
  Digest digest;
  LineStream lines(blank, {1000}, digest);
  CHECK(lines.peek(20, 1000, kEver).size() == 1000);
  CHECK_FALSE(lines.has_end());
}
