// What the tests of the ordered writer share: chunks, a configuration, waiting.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "unit/base/scratch_folder.hpp"
#include "writer/journal/on_disk.hpp"
#include "writer/ordered_writer.hpp"

namespace infer::test {

inline void nothing() {}

/// A chunk of `lines` lines and one row, which says its id.
inline EncodedChunk chunk_of(std::uint64_t id, std::uint32_t file = 0, std::uint64_t lines = 1) {
  EncodedChunk chunk;
  chunk.range = {id, file, id * 10, id * 10 + 10};
  chunk.lines = lines;
  chunk.rows = 1;
  chunk.output.text = "row " + std::to_string(id) + "\n";
  return chunk;
}

/// A chunk whose failed row is on its line `line` (from 0).
inline EncodedChunk failed_chunk(std::uint64_t id, std::uint32_t file, std::uint64_t lines,
                                 std::uint64_t line) {
  auto chunk = chunk_of(id, file, lines);
  chunk.failed = 1;
  chunk.output = {"line  of file " + std::to_string(file) + "\n", {{5, line}}};
  chunk.errors = {"error \n", {{6, line}}};
  chunk.first_failure = {"data.jsonl:: broken (wrong_type)", {{11, line}}};
  return chunk;
}

inline WriterConfig config_of(const ScratchFolder& folder, std::uint64_t chunks, std::size_t window = 8) {
  WriterConfig config;
  config.files.output = folder.path("out.jsonl");
  config.chunks = chunks;
  config.window = window;
  return config;
}

inline std::unique_ptr<Journal> journal_of(const WriterConfig& config) {
  return std::make_unique<Journal>(config.files.output + ".journal");
}

/// As if the run were begun again: what its journal says decides where.
inline WriterConfig going_on(WriterConfig config, const Journal& journal) {
  config.from = usable_checkpoint(journal.found(), config.files);
  return config;
}

/// Waits until the writer has failed, and throws what it failed of.
inline void wait_for_failure(const OrderedWriter& writer) {
  for (const Deadline deadline(Seconds(10)); !deadline.passed();
       std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    writer.rethrow_if_failed();
  }
}

inline void wait_until_written(const OrderedWriter& writer, std::uint64_t chunks) {
  const Deadline deadline(Seconds(10));
  while (writer.progress().next_chunk < chunks && !deadline.passed())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace infer::test
