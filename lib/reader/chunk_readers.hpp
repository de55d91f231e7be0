// Reads a chunk for all who look at different columns of tables, each as if it were alone.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "reader/chunk_reader.hpp"
#include "reader/input_file.hpp"
#include "record/chunk.hpp"
#include "record/granted_chunk.hpp"

namespace infer {

/// Thread-compatible. Keeps the last file open, of tables once for each choice.
class ChunkReaders {
 public:
  /// Keeps a view of `files`. `choices`: of columns, one at least, none of them twice.
  ChunkReaders(std::span<const InputFile> files, std::size_t max_record_bytes,
               std::span<const Columns> choices);

  /// By choice, what a ChunkReader with these columns reads; of a chunk without tables one, for all. Throws
  /// as that.
  std::vector<RawChunk> read(GrantedChunk granted);

 private:
  bool has_tables(const GrantedChunk& granted) const;

  std::span<const InputFile> files_;
  std::vector<ChunkReader> readers_;
};

}  // namespace infer
