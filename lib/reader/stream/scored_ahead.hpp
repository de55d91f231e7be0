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

  /// Until then chunks must end where they did.
  bool is_all_behind() const { return ahead_.empty(); }

  /// So much has left the stream, in so many chunks. Throws RunError where it is not what was scored.
  void pass(std::uint64_t chunks, std::uint64_t bytes, std::uint64_t digest);
  /// There are no more than these. Likewise.
  void end(std::uint64_t bytes) const;

 private:
  std::deque<Scored> ahead_;  // by chunks
  bool is_at_end_ = false;    // one of those behind had no more
};

}  // namespace infer
