// Weights of convolutions in the order that oneDNN computes with. LibTorch puts them into it anew at every
// call, which only large batches make up for.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/convolution/convolution.hpp"

namespace infer::detail {

/// Whether LibTorch's result has its channels last, as that by a packed weight has.
bool is_for_packing(const ConvolutionShape& shape);

/// The packed weight, opaque to all but oneDNN, which gives a result with its channels last. Nothing where
/// LibTorch's result would have another layout, where the weight cannot be packed, and at a weight's first
/// use. Lives for as long as the weight does, and takes as much memory. Thread-safe.
std::optional<at::Tensor> packed_weight(const ConvolutionShape& shape);

/// See KeptWeights::size().
std::size_t packed_weights();

}  // namespace infer::detail
