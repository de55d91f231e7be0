// How much of a record's result is its own, and how much its batch's padding made.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "batcher/batcher.hpp"
#include "record/predicted_chunk.hpp"

namespace infer {

/// Of each output for which `stated` has a variable dimension. That has a value for each one of a padded
/// input's, so the record has as many as it has of these; of packed inputs the first of any number. Throws
/// ModelError where it cannot be known how many those are, which is never so for a batch without padding.
/// `rounding`: as the batch was collated.
OwnShapes own_shapes(std::span<const NamedTensor> outputs, std::span<const Shape> stated,
                     std::span<const TensorSpec> specs, std::span<const Column> columns,
                     std::span<const std::size_t> examples, const ShapeRounding& rounding = {});

}  // namespace infer
