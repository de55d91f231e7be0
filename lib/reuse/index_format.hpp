// The bytes of the index file, which one process writes and those of its host map: numbers as memory has
// them. It is never kept: no version, and no digest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/file_stamp.hpp"
#include "record/row_key.hpp"

namespace infer::detail {

/// Rows are counted over all outputs, in order. A slot names one, and repeats a part of its key. All zero:
/// free.
class Slot {
 public:
  static constexpr std::uint64_t kMostRows = (std::uint64_t{1} << 40U) - 1;

  Slot() = default;
  Slot(const RowKey& key, std::uint64_t row) : bits_(tag_of(key) | (row + 1)) {}

  bool is_free() const { return bits_ == 0; }
  bool may_be(const RowKey& key) const { return (bits_ & ~kMostRows) == tag_of(key); }
  std::uint64_t row() const { return (bits_ & kMostRows) - 1; }
  /// Of the same key.
  Slot of_row(std::uint64_t row) const {
    Slot slot;
    slot.bits_ = (bits_ & ~kMostRows) | (row + 1);
    return slot;
  }

 private:
  static std::uint64_t tag_of(const RowKey& key) { return key.high << 40U; }

  std::uint64_t bits_ = 0;
};

/// The slots of those keys whose first bits are the same: a table of its own, in which a key is in the first
/// free slot from its home on, round its end. One slot at least is free.
struct Region {
  std::uint64_t first_slot = 0;
  std::uint64_t slots = 0;

  std::uint64_t home(const RowKey& key) const { return home_of(key, slots); }
  static std::uint64_t home_of(const RowKey& key, std::uint64_t slots) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide(key.low) * slots) >> 64U);
  }
};

/// Of 2^bits regions.
inline std::size_t region_of(const RowKey& key, unsigned bits) {
  return bits == 0 ? 0 : static_cast<std::size_t>(key.high >> (64 - bits));
}

/// An output: rows [first_row, first_row + rows).
struct IndexedFile {
  std::uint64_t first_row = 0;
  std::uint64_t rows = 0;
  std::uint64_t keys_begin = 0;  ///< byte of its keys, with that of the first row
  std::uint64_t blocks = 0;
  std::uint64_t block_rows_at = 0;  ///< byte of the index: each block's first row of this output
  std::uint64_t rows_begin = 0;     ///< byte of the output, or of what it unpacks to, with the first row
  std::uint64_t rows_end = 0;
  std::uint64_t row_bytes = 0;  ///< 0: a row ends with a newline
  std::uint64_t is_quoted = 0;
  std::uint64_t rows_per_place = 0;
  std::uint64_t places_at = 0;  ///< byte of the index: where each rows_per_place-th row begins
  FileStamp keys;
  FileStamp output;
};

struct IndexHead {
  std::array<char, 8> magic{'i', 'n', 'f', 'r', 'e', 'u', 's', 'e'};
  std::uint64_t bytes = 0;  ///< of the whole index
  std::uint64_t found_rows = 0;
  std::uint64_t region_bits = 0;
  std::uint64_t slots_at = 0;
  std::uint64_t regions_at = 0;
  std::uint64_t files_at = 0;
  std::uint64_t files = 0;
  std::uint64_t names_at = 0;  ///< of each file the names of keys and output, each with a zero behind it
};

static_assert(sizeof(Slot) == 8 && std::is_trivially_copyable_v<Slot>);
static_assert(std::is_trivially_copyable_v<IndexedFile> && std::is_trivially_copyable_v<IndexHead>);

}  // namespace infer::detail
