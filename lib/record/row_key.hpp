// What a row is a function of, as one number: records of one key have one row, but for what is copied.
#pragma once

#include <cstdint>

namespace infer {

/// 128 bits of a digest. All zero: none, of a record that has no row to be used again.
struct RowKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool is_none() const { return low == 0 && high == 0; }
  bool operator==(const RowKey&) const = default;
};

static_assert(sizeof(RowKey) == 16);  // as files have it, little-endian

}  // namespace infer
