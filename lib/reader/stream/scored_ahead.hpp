// What earlier runs have done of a stream beyond the place where it is gone on with: compared on the way.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "reader/source.hpp"

namespace infer {

/// Thread-compatible.
class ScoredAhead {
 public:
  /// In any order.
  explicit ScoredAhead(std::vector<Scored> scored);

  /// Where the next of them ends, and so a chunk must; null behind them all.
  const Scored* next() const { return ahead_.empty() ? nullptr : &ahead_.front(); }
  /// Whether the next one goes on from here, and was cut into more chunks than so many.
  bool lacks_chunks(std::uint64_t chunks, std::uint64_t bytes) const;

  /// So much has left the stream, in so many chunks. Throws RunError where it is not what was scored.
  void pass(std::uint64_t chunks, std::uint64_t bytes, std::uint64_t digest);
  /// There are no more than these. Likewise.
  void end(std::uint64_t bytes) const;

 private:
  std::deque<Scored> ahead_;  // by chunks; behind them what is all
  bool is_at_end_ = false;    // one of those behind had no more
};

}  // namespace infer
