// Cuts the input files into chunks, and puts small files together in one. The cut depends on the files alone,
// never on ranks or timing: that is what makes the output independent of how many ranks there are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "record/chunk.hpp"

namespace infer {

/// A file as it was when the run began; a later difference means that it changed under us.
struct InputFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;

  bool operator==(const InputFile&) const = default;
};

/// The open file `fd` under its name. Throws RunError when it cannot be looked at.
InputFile stat_open_input(int fd, const std::string& path);

/// Throws UsageError for what is missing, unreadable or no regular file.
InputFile stat_input(const std::string& path);

/// One record of the input by its place.
struct SelectedRecord {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;  ///< of its first byte
  std::uint64_t line = 0;    ///< physical line, from 0
  std::uint64_t number = 0;  ///< record within the whole input, from 0
};

class ChunkPlan {
 public:
  /// `chunk_bytes` > 0. Files that follow one another are one chunk as far as they fit into it whole; what
  /// has no bytes has no chunks.
  ChunkPlan(std::vector<InputFile> files, std::uint64_t chunk_bytes);

  /// Only `records`, which are in input order: the chunks that hold none of them fall out, the others are cut
  /// to theirs, of one file each, and numbered anew. Throws UsageError for a record outside of its file.
  void select(std::vector<SelectedRecord> records);
  bool has_selection() const { return selection_ != nullptr; }
  /// Those of chunk `id`; requires a selection.
  std::span<const SelectedRecord> selected(std::uint64_t id) const;

  const std::vector<InputFile>& files() const { return files_; }
  std::uint64_t chunk_bytes() const { return chunk_bytes_; }
  std::uint64_t chunks() const;
  /// Of all chunks.
  std::uint64_t input_bytes() const;
  /// `id` < chunks().
  ChunkRange range(std::uint64_t id) const;

 private:
  struct Selection;
  /// A file in chunks of its own, or several in one.
  struct Piece {
    std::uint32_t file = 0;  ///< the first one
    std::uint32_t files = 1;
    std::uint64_t first_chunk = 0;
    std::uint64_t bytes = 0;
  };

  void add(const Piece& piece);
  const Piece& piece_of(std::uint32_t file) const;
  ChunkRange whole_range(std::uint64_t id) const;
  ChunkRange selected_range(std::uint64_t id) const;
  std::uint64_t chunk_of(const SelectedRecord& record) const;

  std::vector<InputFile> files_;
  std::uint64_t chunk_bytes_;
  std::vector<Piece> pieces_;                   // of all the input, in its order
  std::uint64_t whole_chunks_ = 0;              // of all pieces
  std::shared_ptr<const Selection> selection_;  // shared by copies of the plan: it may be large
};

constexpr std::uint64_t kChunkRows = 1024;

/// Sizes chunks by the rows in the first MiB of the first file with content: at most `most_rows`, fewer in a
/// small input, so that it still spreads over many ranks. Always the same for the same files.
std::uint64_t choose_chunk_bytes(const std::vector<InputFile>& files, std::uint64_t most_rows = kChunkRows);

}  // namespace infer
