// The input as it is now, where an earlier run knew it as another file: is it the same after all?
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "config/config.hpp"
#include "reader/chunk_readers.hpp"
#include "reader/source.hpp"
#include "start/observer.hpp"

namespace infer {

/// Where an earlier run took all of the input.
constexpr auto kAllChunks = std::numeric_limits<std::uint64_t>::max();

/// As in Checkpoint, of the first chunks of an input.
struct InputDigest {
  std::uint64_t digest = 0;
  std::uint64_t beyond = 0;

  bool operator==(const InputDigest&) const = default;
};

/// On one rank, before the run. Reads once for all outputs that ask, and no further than they ask.
class InputDigests {
 public:
  /// Of these files. `choices`: the columns of tables that may be asked for, each once.
  InputDigests(const RunConfig& config, std::vector<InputFile> files, std::vector<Columns> choices,
               RunObserver& observer);

  /// Of all chunks where there are fewer. Throws as ChunkReaders and the source do.
  InputDigest of_first(std::uint64_t chunks, std::uint64_t chunk_bytes, const Columns& columns);

 private:
  void begin(std::uint64_t chunk_bytes);
  void add(const std::vector<RawChunk>& chunk);

  const RunConfig& config_;
  const std::vector<InputFile> files_;
  const std::vector<Columns> choices_;
  RunObserver& observer_;
  std::uint64_t chunk_bytes_ = 0;  // 0: nothing has been read
  std::unique_ptr<Source> source_;
  std::optional<ChunkReaders> readers_;
  std::vector<std::vector<InputDigest>> so_far_;  // by choice: up to the end of each chunk
};

}  // namespace infer
