// The chunks written so far, as a checkpoint tells of them. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "record/encoded_chunk.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/stamped.hpp"

namespace infer {

/// Thread-compatible.
class WrittenChunks {
 public:
  /// The last of `from.sessions`, if there is one, is that of the chunks to come. `digest_of_all` for the
  /// chunks of a selection: that of the whole input, of which they tell but a part.
  WrittenChunks(Checkpoint from, std::optional<std::uint64_t> digest_of_all);

  /// What `next` is to be stamped with: its own, where it brings that.
  Counts before(const EncodedChunk& next) const;
  void add(const EncodedChunk& next);

  /// But for what the files say: source_bytes, records, complete, files.
  const Checkpoint& so_far() const { return so_far_; }
  /// All that was added can be gone on from.
  void keep() { kept_ = so_far_; }
  /// As of the last keep().
  const Checkpoint& kept() const { return kept_; }

 private:
  void account_for(const EncodedChunk& next);
  void count(const FailedHere& here, const Counts& before_it);
  std::uint64_t lines_before(const EncodedChunk& next) const {
    return next.range.file == so_far_.file ? so_far_.lines : 0;
  }

  Checkpoint so_far_;
  Checkpoint kept_;
  bool are_selected_;
};

}  // namespace infer
