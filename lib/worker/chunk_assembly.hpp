// Puts together what the scorings of a run made of a chunk: it is finished once all of them are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "record/encoded_chunk.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// Thread-safe.
class ChunkAssembly {
 public:
  explicit ChunkAssembly(std::span<const ScoringConfig> scorings);

  /// One scoring's model is through with the chunk. True: it was the last one.
  bool is_predicted(std::uint64_t id);

  /// Gives away all of the chunk with the last one that was missing.
  std::optional<std::vector<EncodedChunk>> add(EncodedChunk chunk);

 private:
  struct Begun {
    std::size_t predicted = 0;
    std::vector<EncodedChunk> encoded;
  };

  std::size_t wanted(std::uint64_t id) const;

  std::vector<std::uint64_t> first_chunks_;  // of the scorings
  std::mutex mutex_;
  std::map<std::uint64_t, Begun> begun_;  // guarded by the mutex; empty where there is one scoring
};

}  // namespace infer
