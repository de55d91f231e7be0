// Where chunks come from. Rank 0 has one source, and grants its chunks; a ChunkReader on any rank reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader/input_file.hpp"
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

  // Before the run, of the whole input.

  /// Which every rank reads, and by which it is known again; none where grants bring all lines.
  virtual const std::vector<InputFile>& files() const = 0;
  /// Of the input, about, in each chunk: what --chunk-bytes says or would say.
  virtual std::uint64_t chunk_bytes() const = 0;
  /// As read_sample(); what is read here is granted all the same.
  virtual RawChunk first_records(std::size_t max_record_bytes) = 0;

  // While it is on.

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
