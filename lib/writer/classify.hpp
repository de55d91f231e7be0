// Turns a row of logits into the classes with the highest probability.
#pragma once

#include <cstddef>
#include <vector>

#include "record/tensor.hpp"

namespace infer {

struct ScoredClass {
  std::size_t index = 0;
  float score = 0;  ///< softmax probability, computed in double
};

/// The `top_k` best of row `row` of a [batch, classes] tensor, best first, ties by index. Empty when the row
/// holds a NaN or infinity.
std::vector<ScoredClass> best_classes(const HostTensor& logits, std::size_t row, std::size_t top_k);

}  // namespace infer
