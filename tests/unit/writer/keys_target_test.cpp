#include <catch2/catch.hpp>
#include <string>
#include <variant>

#include "base/digest.hpp"
#include "record/row_key.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using namespace infer::test;

namespace {

std::string key_text(std::uint64_t low) {
  const RowKey key{low, 1};
  return {reinterpret_cast<const char*>(&key), sizeof key};
}

/// Each row's key is its chunk's number and one more.
EncodedChunk keyed(std::uint64_t id) {
  auto chunk = chunk_of(id);
  chunk.keys = key_text(id + 1);
  return chunk;
}

WriterConfig keyed_config(const ScratchFolder& folder, std::uint64_t chunks) {
  auto config = config_of(folder, chunks);
  config.files.keys = config.files.output + ".keys";
  config.form.keys = KeysHead{{{"--model", "m"}}};
  return config;
}

KeysText keys_in(const std::string& text) {
  const auto parsed = parse_keys(text);
  REQUIRE(std::holds_alternative<KeysText>(parsed));
  return std::get<KeysText>(parsed);
}

void check_whole(const ScratchFolder& folder, std::uint64_t chunks) {
  const auto output = folder.read("out.jsonl");
  const auto text = folder.read("out.jsonl.keys");
  const auto keys = keys_in(text);
  CHECK(keys.head == KeysHead{{{"--model", "m"}}, chunks, output.size()});
  REQUIRE(keys.blocks.size() == chunks);
  for (std::uint64_t id = 0; id < chunks; ++id) {
    const auto& [block, first_row, begin, digest] = keys.blocks[id];
    const auto rows = output.substr(block.output_begin, block.output_end - block.output_begin);
    CHECK(rows == "row " + std::to_string(id) + "\n");
    CHECK(block.output_digest == digest_of(rows));
    CHECK(keys.blocks[id].keys_of(text) == key_text(id + 1));
  }
}

}  // namespace

TEST_CASE("writer: keys tell of each chunk's rows where they are, and whose") {
  const ScratchFolder folder;
  OrderedWriter writer(keyed_config(folder, 3), nullptr, nothing);
  for (const std::uint64_t id : {2UL, 0UL, 1UL}) writer.submit(keyed(id));
  writer.finish();
  check_whole(folder, 3);
}

TEST_CASE("writer: the keys of an output without rows") {
  const ScratchFolder folder;
  OrderedWriter writer(keyed_config(folder, 0), nullptr, nothing);
  writer.finish();
  CHECK(folder.read("out.jsonl").empty());
}

TEST_CASE("writer: keys go on from a checkpoint, as rows do") {
  for (std::uint64_t stop = 0; stop <= 3; ++stop) {
    const ScratchFolder folder;
    const auto config = keyed_config(folder, 4);
    {
      OrderedWriter writer(config, journal_of(config), nothing);
      for (std::uint64_t id = 0; id < stop; ++id) writer.submit(keyed(id));
      CHECK(writer.stop());
    }
    auto journal = journal_of(config);
    const auto goes_on = going_on(config, *journal);
    OrderedWriter writer(goes_on, std::move(journal), nothing);
    for (auto id = writer.progress().next_chunk; id < 4; ++id) writer.submit(keyed(id));
    writer.finish();
    check_whole(folder, 4);
  }
}

TEST_CASE("writer: keys of rows that are left out are not counted") {
  const ScratchFolder folder;
  auto config = keyed_config(folder, 2);
  config.leaves_out_failed = true;
  OrderedWriter writer(config, nullptr, nothing);
  auto failed = chunk_of(0);
  failed.failed = 1;
  failed.output = {};
  writer.submit(failed);
  writer.submit(keyed(1));
  writer.finish();
  const auto keys = keys_in(folder.read("out.jsonl.keys"));
  CHECK(keys.head.rows == 1);
  CHECK(keys.blocks.size() == 1);
}
