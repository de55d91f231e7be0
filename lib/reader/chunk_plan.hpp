// Cuts the input files into chunks. The cut depends on the files alone, never on ranks or timing: that is
// what makes the output independent of how many ranks there are.
#pragma once

#include <cstdint>
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

/// Throws UsageError for what is missing, unreadable or no regular file.
InputFile stat_input(const std::string& path);

class ChunkPlan {
 public:
  /// `chunk_bytes` > 0. An empty file has no chunks.
  ChunkPlan(std::vector<InputFile> files, std::uint64_t chunk_bytes);

  const std::vector<InputFile>& files() const { return files_; }
  std::uint64_t chunk_bytes() const { return chunk_bytes_; }
  std::uint64_t chunks() const { return first_chunk_.back(); }
  std::uint64_t input_bytes() const;
  /// `id` < chunks().
  ChunkRange range(std::uint64_t id) const;

 private:
  std::vector<InputFile> files_;
  std::uint64_t chunk_bytes_;
  std::vector<std::uint64_t> first_chunk_;  // per file, then the total
};

/// Sizes chunks by the rows in the first MiB of the first file with content: at most 1024 rows, fewer in a
/// small input, so that it still spreads over many ranks. Always the same for the same files.
std::uint64_t choose_chunk_bytes(const std::vector<InputFile>& files);

}  // namespace infer
