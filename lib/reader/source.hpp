// Where chunks come from. Rank 0 has one source, and grants its chunks; a ChunkReader on any rank reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "record/granted_chunk.hpp"

namespace infer {

/// How many chunks can be granted by now, from 0 on.
struct Supply {
  std::uint64_t ready = 0;
  std::optional<std::uint64_t> chunks{};  ///< in all; empty while that is not known yet
};

/// Chunks by id, in input order. Thread-compatible.
class Source {
 public:
  Source() = default;
  Source(const Source&) = default;
  Source& operator=(const Source&) = default;
  virtual ~Source() = default;

  /// Asked in every turn of rank 0's main thread, which must not be silent for long: never waits for more.
  virtual Supply supply() = 0;
  /// Each id below `supply().ready` once, in any order. One that brings its bytes gives them away.
  virtual GrantedChunk grant(std::uint64_t id) = 0;
  /// Of all chunks; empty while that is not known yet.
  virtual std::optional<std::uint64_t> input_bytes() const = 0;
  /// "data.jsonl from byte 4096": where a chunk lies, for messages.
  virtual std::string place(std::uint64_t id) const = 0;
};

}  // namespace infer
