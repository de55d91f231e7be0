// Reads one chunk of JSONL files, the lines whose first byte lies in the chunk's range and nothing else, or
// of table files, whose rows become such lines, or takes those that were granted with it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "reader/content_reader.hpp"
#include "reader/input_file.hpp"
#include "reader/tables/table_reader.hpp"
#include "record/chunk.hpp"
#include "record/granted_chunk.hpp"

namespace infer {

/// Thread-compatible. Keeps the last file open.
class ChunkReader {
 public:
  /// Keeps a view of `files`. Longer records are reported as too_long and not kept. Of table files only those
  /// columns are read.
  ChunkReader(std::span<const InputFile> files, std::size_t max_record_bytes, Columns columns = {});

  /// Throws RunError when the file cannot be read, when its size or the time of its last change differs from
  /// what `files` say, or when what was selected of it is not there. A file that was replaced by another of
  /// the same name is read on where it is open. A payload is moved, and needs no file.
  RawChunk read(GrantedChunk granted);

 private:
  struct Window;

  void read_files(RawChunk& chunk);
  void read_part(RawChunk& chunk);
  void read_rows(RawChunk& chunk, bool apart);
  void append_rows(RawChunk& chunk, std::uint32_t file, std::uint64_t begin, std::uint64_t end, bool apart);
  void open(std::uint32_t file);
  void extend(Window& window, std::uint64_t end);
  std::size_t first_line_start(Window& window, const ChunkRange& range);
  void complete_last_line(Window& window, std::size_t last_line);

  std::span<const InputFile> files_;
  std::size_t max_record_bytes_;
  Columns columns_;
  std::optional<std::uint32_t> open_file_;
  ContentReader content_;
  std::optional<TableReader> table_;  // of the open file, if it is one
};

}  // namespace infer
