// Where chunks come from. Rank 0 has one source, and grants its chunks; a ChunkReader on any rank reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "reader/input_file.hpp"
#include "record/granted_chunk.hpp"

namespace infer {

/// How many chunks can be granted by now, from 0 on.
struct Supply {
  std::uint64_t ready = 0;
  std::optional<std::uint64_t> chunks{};  ///< in all; empty while that is not known yet
};

/// What an earlier run has done of the input, from its begin on.
struct Scored {
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;   ///< of these
  std::uint64_t digest = 0;  ///< digest_with() all of these; 0: not known
  bool is_all = false;       ///< there was no more, so nobody goes on behind it, however it was cut

  /// How far it goes, among others of one input.
  std::pair<bool, std::uint64_t> reach() const { return {is_all, chunks}; }
};

/// Chunks by id, in input order. Thread-compatible.
class Source {
 public:
  Source() = default;
  Source(const Source&) = default;
  Source& operator=(const Source&) = default;
  virtual ~Source() = default;

  // Before the run, of the whole input.

  /// By which it is known again, and which every rank reads where grants bring no lines.
  virtual const std::vector<InputFile>& files() const = 0;
  /// Of the input, about, in each chunk: what --chunk-bytes says or would say.
  virtual std::uint64_t chunk_bytes() const = 0;
  /// False when first_records() would wait, after `limit`. Comes before it, until true.
  virtual bool wait_for_records(Seconds /*limit*/) { return true; }
  /// As read_sample(); what is read here is granted all the same.
  virtual RawChunk first_records(std::size_t max_record_bytes) = 0;
  /// Once, when all of the above is known: what is not to be granted. Where nobody can tell from outside
  /// whether it is the same input, wait_until_behind() throws UsageError when it is not. What of the same
  /// input was scored `ahead` of that is compared once all chunks before it are written:
  /// rethrow_if_broken() throws RunError then.
  virtual void go_on_behind(const Scored& /*scored*/, std::vector<Scored> /*ahead*/) {}
  /// False when it is not there yet, after `limit`. Comes before the run, until true.
  virtual bool wait_until_behind(Seconds /*limit*/) { return true; }

  // While it is on.

  /// Asked in every turn of rank 0's main thread, which must not be silent for long: never waits for more.
  virtual Supply supply() = 0;
  /// Each id below `supply().ready` once, in any order. One that brings its bytes gives them away.
  virtual GrantedChunk grant(std::uint64_t id) = 0;
  /// Of all chunks; empty while that is not known yet.
  virtual std::optional<std::uint64_t> input_bytes() const = 0;
  /// Of input_bytes() those that lie before a chunk, whose earlier ones have so many bytes in their ranges.
  virtual std::uint64_t input_bytes_before(std::uint64_t /*id*/, std::uint64_t range_bytes) {
    return range_bytes;
  }
  /// "data.jsonl from byte 4096": where a chunk lies, for messages.
  virtual std::string place(std::uint64_t id) const = 0;
  /// Throws what ended the input before its end, once all chunks before that are written.
  virtual void rethrow_if_broken(std::uint64_t /*written*/) {}
  /// What is worth a word, once.
  virtual std::string take_warning() { return {}; }
};

// For who has nothing else to do meanwhile.

inline void wait_for_records(Source& source) {
  while (!source.wait_for_records(Seconds(1))) continue;
}

/// Throws as wait_until_behind().
inline void go_behind(Source& source, const Scored& scored) {
  source.go_on_behind(scored, {});
  while (!source.wait_until_behind(Seconds(1))) continue;
}

}  // namespace infer
