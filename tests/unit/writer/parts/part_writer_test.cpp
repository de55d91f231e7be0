#include "writer/parts/part_writer.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::chunk_of;
using infer::test::message_of;
using infer::test::nothing;
using infer::test::ScratchFolder;

namespace {

PartWriterConfig config_in(const std::string& folder, std::uint64_t chunks) {
  PartWriterConfig config;
  config.names.folder = folder;
  config.chunks = chunks;
  return config;
}

/// Waits for so many of each, or for what the thread dies of.
PartWriter::News news_of(PartWriter& writer, std::size_t chunks, std::size_t parts) {
  PartWriter::News all;
  for (const Deadline deadline(Seconds(10)); !deadline.passed();
       std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    auto news = writer.take_news();
    for (auto& chunk : news.chunks) all.chunks.push_back(std::move(chunk));
    all.parts.insert(all.parts.end(), news.parts.begin(), news.parts.end());
    if (all.chunks.size() >= chunks && all.parts.size() >= parts) break;
  }
  return all;
}

}  // namespace

TEST_CASE("part writer: chunks of several parts in any order make whole parts, each in order") {
  std::mt19937 random(4);
  const ScratchFolder folder;
  PartWriter writer(config_in(folder.path("."), 4), nothing);
  std::vector<std::uint64_t> ids{8, 9, 10, 11, 0, 1, 2, 3, 20, 21};
  std::ranges::shuffle(ids, random);
  for (const auto id : ids) writer.submit(chunk_of(id));
  const auto news = news_of(writer, ids.size(), 0);
  REQUIRE(news.chunks.size() == ids.size());
  CHECK(
      std::ranges::all_of(news.chunks, [](const EncodedChunk& chunk) { return chunk.output.text.empty(); }));
  writer.finish({2, 4, 0, {}});
  writer.finish({5, 2, 0, {}});
  writer.finish({0, 4, 0, {}});
  REQUIRE(news_of(writer, 0, 3).parts.size() == 3);
  CHECK(folder.read("part-00000.jsonl") == "row 0\nrow 1\nrow 2\nrow 3\n");
  CHECK(folder.read("part-00002.jsonl") == "row 8\nrow 9\nrow 10\nrow 11\n");
  CHECK(folder.read("part-00005.jsonl") == "row 20\nrow 21\n");
  CHECK_FALSE(writer.step().has_value());
}

TEST_CASE("part writer: what cannot be written is told by its part's name, whenever asked") {
  const ScratchFolder folder;
  PartWriter writer(config_in(folder.path("none"), 1), nothing);
  writer.submit(chunk_of(7));
  const auto message = message_of<RunError>([&] { news_of(writer, 1, 0); });
  CHECK_THAT(message, Contains("part-00007.jsonl"));
  CHECK(message_of<RunError>([&] { writer.take_news(); }) == message);
  writer.submit(chunk_of(8));  // must not hang
}

TEST_CASE("part writer: left alone in the middle of a part it ends, and the part has no name") {
  const ScratchFolder folder;
  {
    PartWriter writer(config_in(folder.path("."), 4), nothing);
    writer.submit(chunk_of(0));
    news_of(writer, 1, 0);
  }
  CHECK_FALSE(folder.has("part-00000.jsonl"));
  CHECK(folder.has("part-00000.jsonl.partial"));
}
