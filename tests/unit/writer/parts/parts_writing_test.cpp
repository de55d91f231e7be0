// The ordered writer where the ranks write the rows: its output is the manifest of their parts.
#include <catch2/catch.hpp>
#include <thread>

#include "unit/base/scratch_folder.hpp"
#include "unit/writer/writer_parts.hpp"
#include "writer/parts/part_file.hpp"

using namespace infer;
using infer::test::chunk_of;
using infer::test::failed_chunk;
using infer::test::nothing;
using infer::test::ScratchFolder;

namespace {

WriterConfig config_in(const ScratchFolder& folder, std::uint64_t chunks) {
  WriterConfig config;
  config.files = {folder.path("manifest.json"), folder.path("errors.jsonl")};
  config.chunks = chunks;
  config.window = 8;
  config.journal_interval = Seconds(0);
  config.parts = PartsConfig{{folder.path(".")}, 2, {}, false, {"1", "jsonl", 0, {}}, {"data.jsonl"}, {}};
  return config;
}

std::unique_ptr<Journal> journal_of(const ScratchFolder& folder) {
  return std::make_unique<Journal>(folder.path("manifest.json.journal"));
}

EncodedChunk receipt(std::uint64_t id) {
  auto chunk = id % 3 == 1 ? failed_chunk(id, 0, 5, 2) : chunk_of(id, 0, 5);
  chunk.output = {};
  return chunk;
}

std::vector<PartOrder> orders_of(OrderedWriter& writer, std::size_t count) {
  std::vector<PartOrder> all;
  for (const Deadline deadline(Seconds(10)); all.size() < count && !deadline.passed();
       std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    const auto more = writer.take_orders();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

void wait_until_kept(const OrderedWriter& writer, std::uint64_t chunks) {
  for (const Deadline deadline(Seconds(10)); writer.progress().kept_chunks < chunks && !deadline.passed();)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(writer.progress().kept_chunks == chunks);
}

}  // namespace

TEST_CASE("parts: each is ordered once all before it are counted, and the manifest lists them in order") {
  const ScratchFolder folder;
  OrderedWriter writer(config_in(folder, 5), journal_of(folder), nothing);
  for (const std::uint64_t id : {4U, 2U, 3U, 1U, 0U}) writer.submit(receipt(id));
  const auto orders = orders_of(writer, 3);
  REQUIRE(orders.size() == 3);
  for (std::uint64_t part = 0; part < 3; ++part) {
    CHECK(orders[part].part == part);
    CHECK(orders[part].chunks == (part < 2 ? 2 : 1));
    CHECK(orders[part].before == Counts{part * 10, part * 2});
  }
  for (const std::uint64_t part : {1U, 2U}) writer.finished({part, 100 + part, part});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(writer.progress().kept_chunks == 0);
  CHECK_FALSE(folder.has("manifest.json"));
  writer.finished({0, 100, 7});
  writer.finish();
  const auto manifest = parse_manifest(folder.read("manifest.json"));
  REQUIRE(manifest.has_value());
  CHECK(manifest->parts.size() == 3);
  CHECK(manifest->parts[2].file == "part-00002.jsonl");
  CHECK(manifest->sum == ManifestSum{5, 2, 5, 303});
  CHECK(folder.read("errors.jsonl") == "error 8\nerror 23\n");
}

TEST_CASE("parts: a run goes on behind the last part before the first gap, with the errors up to there") {
  const ScratchFolder folder;
  auto config = config_in(folder, 6);
  {
    OrderedWriter writer(config, journal_of(folder), nothing);
    for (std::uint64_t id = 0; id < 6; ++id) writer.submit(receipt(id));
    orders_of(writer, 3);
    writer.finished({2, 12, 2});
    writer.finished({0, 10, 0});
    wait_until_kept(writer, 2);
    CHECK(writer.progress().next_chunk == 6);
    CHECK(writer.progress().kept_rows == 2);
    writer.stop();
  }
  auto journal = journal_of(folder);
  config.from = usable_checkpoint(journal->found(), config.files);
  CHECK(config.from.chunks == 2);
  const auto begun = folder.read("manifest.json.partial").substr(0, config.from.files.at(0).end);
  config.parts->sum = parse_unfinished_manifest(begun).value().sum;
  OrderedWriter writer(config, std::move(journal), nothing);
  for (std::uint64_t id = 2; id < 6; ++id) writer.submit(receipt(id));
  const auto orders = orders_of(writer, 2);
  REQUIRE(orders.size() == 2);
  CHECK(orders[0].before == Counts{10, 2});
  for (const std::uint64_t part : {1U, 2U}) writer.finished({part, 10 + part, part});
  writer.finish();
  const auto manifest = parse_manifest(folder.read("manifest.json"));
  REQUIRE(manifest.has_value());
  CHECK(manifest->sum == ManifestSum{6, 2, 6, 33});
  CHECK(folder.read("errors.jsonl") == "error 8\nerror 23\n");
}

TEST_CASE("parts: an input without a chunk has one part without a row") {
  const ScratchFolder folder;
  OrderedWriter writer(config_in(folder, 0), journal_of(folder), nothing);
  writer.finish();
  const auto manifest = parse_manifest(folder.read("manifest.json"));
  REQUIRE(manifest.has_value());
  CHECK(manifest->parts.size() == 1);
  CHECK(folder.read("part-00000.jsonl").empty());
  CHECK(folder.read("errors.jsonl").empty());
}

TEST_CASE("parts: those that a new manifest takes the place of are removed once it has its name") {
  const ScratchFolder folder;
  folder.write("part-b00000.jsonl", "old");
  folder.write("part-b00009.jsonl.partial", "old");
  OrderedWriter writer(config_in(folder, 0), journal_of(folder), nothing);
  writer.finish();
  CHECK_FALSE(folder.has("part-b00000.jsonl"));
  CHECK_FALSE(folder.has("part-b00009.jsonl.partial"));
  CHECK(folder.has("part-00000.jsonl"));
}
