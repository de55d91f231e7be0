#include "kernels/convolution/packed_weights.hpp"

#include <ATen/native/ConvUtils.h>
#include <ATen/ops/mkldnn_reorder_conv2d_weight_native.h>

#include "kernels/convolution/kept_weights.hpp"

namespace infer::detail {
namespace {

KeptWeights& kept() {
  static KeptWeights weights(KeptWeights::From::second_use);
  return weights;
}

}  // namespace

bool is_for_packing(const ConvolutionShape& shape) {
  const auto is_dense = [](const at::Tensor& tensor) {
    return tensor.device().is_cpu() && tensor.layout() == c10::kStrided && tensor.dim() == 4 &&
           tensor.numel() > 0;
  };
  return is_dense(shape.input) && is_dense(shape.weight) && !shape.weight.requires_grad() &&
         at::native::mkldnn_conv_use_channels_last(shape.input, shape.weight);
}

std::optional<at::Tensor> packed_weight(const ConvolutionShape& shape) {
  if (!is_for_packing(shape)) return std::nullopt;
  return kept().find(shape.weight, shape.groups, [&] {
    return at::native::mkldnn_reorder_conv2d_weight(shape.weight, shape.padding, shape.stride, shape.dilation,
                                                    shape.groups, shape.input.sizes());
  });
}

std::size_t packed_weights() { return kept().size(); }

}  // namespace infer::detail
