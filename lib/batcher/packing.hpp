// Batches without padding: examples of one group, placed where there is room. Internal to the batcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "batcher/batcher.hpp"

namespace infer::detail {

/// The sum of their lengths.
std::uint64_t packed_elements(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples);

/// Adds the batches of `examples`, longest first: each example goes to the first batch with room for it
/// (first fit, at most 11/9 of the fewest possible and one more: Johnson 1973).
void pack_group(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples,
                const BatchLimits& limits, std::vector<std::vector<std::size_t>>& batches);

}  // namespace infer::detail
