// Where chunks come from. Rank 0 has one source, and grants its chunks; a ChunkReader on any rank reads them.
#pragma once

#include <cstdint>
#include <string>

#include "record/granted_chunk.hpp"

namespace infer {

/// Chunks by id, in input order. Thread-compatible.
class Source {
 public:
  Source() = default;
  Source(const Source&) = default;
  Source& operator=(const Source&) = default;
  virtual ~Source() = default;

  /// How many there are, from 0 on.
  virtual std::uint64_t chunks() const = 0;
  virtual std::uint64_t input_bytes() const = 0;
  /// `id` < chunks().
  virtual GrantedChunk granted(std::uint64_t id) const = 0;
  /// "data.jsonl from byte 4096": where a chunk lies, for messages.
  virtual std::string place(std::uint64_t id) const = 0;
};

}  // namespace infer
