// Chunks that come in any order leave in that of the input. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "record/encoded_chunk.hpp"

namespace infer {

/// Thread-compatible.
class ChunkOrder {
 public:
  /// At most `window` chunks wait for the one before them.
  ChunkOrder(std::uint64_t first, std::size_t window) : next_(first), window_(window) {}

  /// One beyond the window, and one that was there before, is a bug of the caller.
  void add(EncodedChunk chunk);
  /// The next chunk; empty while it has not come.
  std::optional<EncodedChunk> take();

  bool is_empty() const { return waiting_.empty(); }

 private:
  std::uint64_t next_;
  std::size_t window_;
  std::map<std::uint64_t, EncodedChunk> waiting_;
};

}  // namespace infer
