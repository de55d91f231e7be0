// Convolutions on the CPU with their weights prepared once, and those of 3 x 3 with fewer multiplications.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace infer::detail {

/// What decides how one is computed. Pairs are height and width.
struct ConvolutionShape {
  const at::Tensor& input;   ///< [batch, channels, height, width]
  const at::Tensor& weight;  ///< [outputs, channels / groups, height, width]
  at::IntArrayRef padding;
  at::IntArrayRef stride;
  at::IntArrayRef dilation;
  std::int64_t groups;
};

/// From now on TorchScript's convolutions use packed weights where their channels are last; compiled packages
/// come by the names of LibTorch's C functions, and to winograd() too. INFER_CONVOLUTION=libtorch in the
/// environment switches all of it off, =direct Winograd's alone. Idempotent, thread-safe.
void use_own_convolutions();

}  // namespace infer::detail
