// Which numbers of rows a batch may have. Internal to the batcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "batcher/batcher.hpp"

namespace infer::detail {

/// How many rows of `length` fit.
std::size_t full_rows(std::uint64_t length, const BatchLimits& limits);

/// Numbers of rows of rounded shapes, most first. Of variable length there are many shapes already: those
/// that fit and a half of them.
std::vector<std::size_t> row_choices(std::uint64_t length, const BatchLimits& limits);

}  // namespace infer::detail
