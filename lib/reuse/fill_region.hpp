// A region's slots, from its keys. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reuse/index_format.hpp"
#include "reuse/key_spill.hpp"

namespace infer::detail {

struct FilledRegion {
  std::vector<Slot> slots;
  std::uint64_t rows = 0;  ///< of as many different keys
};

/// Of equal keys the first counts. None of them is_none().
FilledRegion fill_region(std::span<const RowOfKey> keys);

}  // namespace infer::detail
