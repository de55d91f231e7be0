// Convolutions of 3 x 3 with a quarter of the multiplications: Winograd's F(4 x 4, 3 x 3) (Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2015). float32 alone: bfloat16 has no digits to lose.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "kernels/convolution/convolution.hpp"

namespace infer::detail {

/// What follows the convolution.
struct WinogradEnd {
  std::optional<at::Tensor> bias;   ///< [outputs]
  std::optional<at::Tensor> added;  ///< to the sum; of the result's shape, its channels last in memory
  bool rectified = false;           ///< negative results are 0
};

/// Whether it can be done here and pays, by the layer alone: a row's digits must not depend on its batch.
bool is_for_winograd(const ConvolutionShape& shape);

/// Outputs whose weights lie together.
constexpr std::int64_t kWeightPanel = 64;

/// The weight as winograd() takes it, four times as large: float32 [panels, 36, channels, outputs of a
/// panel], flat.
at::Tensor transform_weight(const at::Tensor& weight);

/// [batch, outputs, height, width]
std::array<std::int64_t, 4> result_sizes(const ConvolutionShape& shape);

/// Of these sizes, the channels last in memory; not set.
at::Tensor empty_result(const ConvolutionShape& shape);

/// Into `out`, an empty_result() or the tensor that is added. LibTorch's threads share the work.
void winograd(const ConvolutionShape& shape, const at::Tensor& transformed, const WinogradEnd& end,
              const at::Tensor& out);

}  // namespace infer::detail
