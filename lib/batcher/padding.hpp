// Batches whose shorter examples are filled up: of one group, cut where that costs least. Internal to the
// batcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "batcher/batcher.hpp"

namespace infer::detail {

/// Of a batch, longest first, once it is filled up.
std::uint64_t padded_elements(std::span<const ExampleSize> sizes, std::span<const std::size_t> batch);

/// Adds the batches of `examples`, longest first: each is a stretch of them.
void pad_group(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples,
               const BatchLimits& limits, std::vector<std::vector<std::size_t>>& batches);

}  // namespace infer::detail
