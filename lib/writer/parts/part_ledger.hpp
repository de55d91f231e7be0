// Rank 0's account of the parts: which chunks are in which, which can be finished, and which are. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "record/encoded_chunk.hpp"
#include "record/part.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/parts/manifest.hpp"

namespace infer {

/// A part that is finished, as are all before it.
struct LedgerEntry {
  std::uint64_t number = 0;
  ManifestPart part;  ///< but for its name
  Checkpoint until;   ///< behind its last chunk
};

/// Thread-compatible.
class PartLedger {
 public:
  /// Goes on behind `from`, which is the end of a part. `chunks`: of a part. `leaves_out`: failed records
  /// have no row.
  PartLedger(std::uint64_t chunks, bool leaves_out, const Checkpoint& from);

  /// The next chunk of the input, with what there is of that before and behind it. `inputs`: the names of
  /// all.
  void add(const EncodedChunk& chunk, const Checkpoint& before, const std::vector<std::string>& inputs);
  /// The part of the last chunk has all that it can have.
  bool is_full() const { return open_ && open_->order.chunks == chunks_; }
  bool is_open() const { return open_.has_value(); }
  /// No more chunks come to the part of the last one. `until`: what there is of the input behind that.
  PartOrder close(Checkpoint until);

  void finished(const FinishedPart& part);
  /// The next one in the input's order; empty while it is not finished.
  std::optional<LedgerEntry> take_entry();

  bool is_settled() const { return !open_ && closed_.empty(); }

 private:
  struct Account {
    PartOrder order;
    ManifestPart part{};
    Checkpoint until{};
    std::optional<FinishedPart> finished{};
  };

  std::uint64_t chunks_;
  bool leaves_out_;
  std::uint64_t next_part_;
  std::optional<Account> open_;
  std::deque<Account> closed_;  // in order
};

}  // namespace infer
