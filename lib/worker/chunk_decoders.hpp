// Decodes a chunk once for all scorings that get the same of its records.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "decoder/decoder.hpp"
#include "record/chunk.hpp"
#include "worker/scored_chunk.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// Thread-compatible: one per thread.
class ChunkDecoders {
 public:
  /// `scorings` must outlive this.
  explicit ChunkDecoders(std::span<const ScoringConfig> scorings);

  /// One for each scoring that wants it. `raw`: one for all, or of each of column_choices().
  std::vector<ChunkToScore> decode(std::vector<RawChunk> raw);

 private:
  struct Shared {
    std::unique_ptr<Decoder> decoder;
    std::vector<std::size_t> scorings;
    std::size_t choice = 0;  // of columns
  };

  std::vector<std::size_t> takers(const Shared& shared, std::uint64_t chunk) const;
  DecodedChunk decode_one(const Shared& shared, std::vector<RawChunk>& raw) const;

  std::span<const ScoringConfig> scorings_;
  std::vector<Shared> decoders_;
};

}  // namespace infer
