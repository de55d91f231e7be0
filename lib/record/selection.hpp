// Which records of the input are to be scored again: by runs, not one by one, since nearly all may have
// failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace infer {

/// One record of the input by its place.
struct SelectedRecord {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;  ///< of its first byte
  std::uint64_t line = 0;    ///< physical line, from 0
  std::uint64_t number = 0;  ///< record within the whole input, from 0
};

/// Some records of one chunk.
struct ChunkSelection {
  std::uint64_t offset = 0;  ///< of the first one, as SelectedRecord has it
  std::uint64_t line = 0;    ///< likewise
  std::uint64_t number = 0;  ///< likewise
  Bytes runs{};              ///< LEB128: so many records are selected, so many are not, and so on
};

/// Thread-compatible. Takes at most 2 bytes for a record where 127 or fewer lie between it and the one
/// before, next to none where nothing does, and some 100 for a chunk.
class Selection {
 public:
  /// Numbers rise. `chunk`: the same for records of one chunk.
  void add(const SelectedRecord& record, std::uint64_t chunk);

  std::uint64_t records() const { return records_; }

  /// Those of one file and chunk; they count from 0 anew.
  struct Chunk {
    std::uint32_t file = 0;
    std::uint64_t chunk = 0;
    std::uint64_t last_offset = 0;
    ChunkSelection selected;
  };
  const std::vector<Chunk>& chunks() const { return chunks_; }
  const std::optional<SelectedRecord>& last() const { return last_; }

 private:
  void append_run(std::uint64_t length);
  void lengthen_run();

  std::vector<Chunk> chunks_;
  std::uint64_t records_ = 0;
  std::optional<SelectedRecord> last_;
  std::uint64_t run_ = 0;      // length of the last one
  std::size_t run_begin_ = 0;  // its place in its chunk's runs
};

/// The records of a ChunkSelection by their order in the chunk; the first is 0. Keeps a view only.
class SelectedOrder {
 public:
  explicit SelectedOrder(ByteView runs) : rest_(runs) {}

  /// Nothing at the end.
  std::optional<std::uint64_t> next();

 private:
  std::uint64_t take_run();

  ByteView rest_;
  std::uint64_t order_ = 0;
  std::uint64_t left_ = 0;  // of the run
  bool begun_ = false;
};

/// The numbers of all records of a selection, which must outlive this.
class SelectedNumbers {
 public:
  explicit SelectedNumbers(const Selection& selection) : selection_(selection) {}

  /// Nothing at the end.
  std::optional<std::uint64_t> next();

 private:
  const Selection& selection_;
  std::size_t next_chunk_ = 0;
  std::uint64_t first_ = 0;  // number of the chunk's first record
  SelectedOrder order_{{}};
};

}  // namespace infer
