// From logits to scores and the best classes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "record/signature.hpp"
#include "record/tensor.hpp"

namespace infer {

/// Scores of `classes` logits in a row, the `index`-th such row of `logits`, in double. Empty when one of
/// them is NaN or infinite.
std::vector<double> class_scores(const HostTensor& logits, std::size_t index, std::size_t classes,
                                 Activation activation);

/// Indices of the `count` highest scores, best first, ties by index.
std::vector<std::size_t> best_classes(std::span<const double> scores, std::size_t count);

}  // namespace infer
