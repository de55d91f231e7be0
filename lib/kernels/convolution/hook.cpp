// How models come to our convolutions: compiled ones by the names that their code calls, TorchScript by the
// dispatcher.
#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/ConvUtils.h>
#include <ATen/ops/_convolution_native.h>
#include <torch/csrc/inductor/aoti_torch/c/shim_cpu.h>

#include <exception>
#include <memory>
#include <string_view>

#include "kernels/convolution/kept_weights.hpp"
#include "kernels/convolution/packed_weights.hpp"
#include "kernels/convolution/winograd.hpp"
#include "kernels/own_kernel.hpp"

namespace infer::detail {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
/// Input, weight, bias; padding, stride, dilation, groups; an activation, its parameters and how it is
/// computed.
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, std::int64_t,
                             std::string_view, Scalars, std::optional<std::string_view>);

constexpr const char* kVariable = "INFER_CONVOLUTION";

bool is_switched_on() {
  static const bool on = !is_left_to_libtorch(kVariable) && at::Context::hasMKLDNN();
  return on;
}

bool may_be_winograd() {
  static const bool may = is_switched_on() && !is_set_to(kVariable, "direct");
  return may;
}

/// LibTorch itself chooses by the batch too, in float32: a row alone would have other digits.
bool is_onednns(const ConvolutionShape& shape, const std::optional<at::Tensor>& bias,
                at::IntArrayRef output_padding) {
  const auto symbolic = [](at::IntArrayRef sizes) { return c10::fromIntArrayRefSlow(sizes); };
  return shape.input.scalar_type() == at::kFloat ||
         at::native::select_conv_backend(shape.input, shape.weight, bias, symbolic(shape.stride),
                                         symbolic(shape.padding), symbolic(shape.dilation), false,
                                         symbolic(output_padding), shape.groups,
                                         std::nullopt) == at::native::ConvBackend::Mkldnn;
}

/// What LibTorch would find wrong stays its own to say.
bool is_plain(const ConvolutionShape& shape, const std::optional<at::Tensor>& bias) {
  const auto type = shape.input.scalar_type();
  const bool is_whole = shape.padding.size() == 2 && shape.stride.size() == 2 && shape.dilation.size() == 2 &&
                        shape.input.dim() == 4 && shape.weight.dim() == 4 &&
                        shape.weight.scalar_type() == type &&
                        shape.weight.size(1) * shape.groups == shape.input.size(1);
  return is_whole && (!bias || !bias->defined() ||
                      (bias->scalar_type() == type && bias->sizes() == shape.weight.sizes().slice(0, 1)));
}

at::Tensor scripted_convolution(const at::Tensor& input, const at::Tensor& weight,
                                const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                                at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                                at::IntArrayRef output_padding, std::int64_t groups, bool benchmark,
                                bool deterministic, bool cudnn, bool tf32) {
  static const auto pointwise =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_convolution_pointwise", "").typed<Pointwise>();
  const ConvolutionShape shape{input, weight, padding, stride, dilation, groups};
  if (transposed || !is_plain(shape, bias) || !is_for_packing(shape) ||
      !is_onednns(shape, bias, output_padding))
    return at::native::_convolution(input, weight, bias, stride, padding, dilation, transposed,
                                    output_padding, groups, benchmark, deterministic, cudnn, tf32);
  // By the weight itself, not the copy that LibTorch would make at each call.
  const auto packed = packed_weight(shape);
  return pointwise.call(input.contiguous(at::MemoryFormat::ChannelsLast), packed ? *packed : weight, bias,
                        padding, stride, dilation, groups, "none", Scalars(), "");
}

/// As compiled code has a pair of sizes.
at::IntArrayRef sizes(const std::int64_t* begin, std::int64_t count) {
  return {begin, static_cast<std::size_t>(count)};
}

/// Nothing where LibTorch is to compute what follows. No activation may be a null pointer.
std::optional<WinogradEnd> end_of(const AtenTensorHandle* bias, const char* activation) {
  const std::string_view name = activation != nullptr ? activation : "none";
  if (name != "none" && name != "relu") return std::nullopt;
  const auto values = bias != nullptr ? std::optional(tensor_of(*bias).contiguous()) : std::nullopt;
  return WinogradEnd{values, std::nullopt, name == "relu"};
}

/// The same with a sum.
std::optional<WinogradEnd> end_of(const ConvolutionShape& shape, const AtenTensorHandle* bias,
                                  const char* activation, const at::Tensor& added, std::string_view operation,
                                  const double* factor) {
  auto end = end_of(bias, activation);
  const bool is_sum = operation == "add" && (factor == nullptr || *factor == 1);
  if (!end || !is_sum || added.scalar_type() != shape.input.scalar_type() || added.dim() != 4 ||
      !added.is_contiguous(at::MemoryFormat::ChannelsLast))
    return std::nullopt;
  end->added = added;
  return end;
}

/// What winograd() takes for granted of them.
bool are_usable(const ConvolutionShape& shape, const WinogradEnd& end) {
  const bool bias_fits = !end.bias || end.bias->scalar_type() == at::kFloat;
  return bias_fits && (!end.added || end.added->sizes() == at::IntArrayRef(result_sizes(shape)));
}

KeptWeights& transformed_weights() {
  static KeptWeights weights(KeptWeights::From::first_use);
  return weights;
}

/// `into` is the tensor that is added, or nothing.
std::optional<at::Tensor> try_winograd(const ConvolutionShape& shape, const std::optional<WinogradEnd>& end,
                                       const at::Tensor* into) {
  if (!may_be_winograd() || !end || !is_for_winograd(shape) || !are_usable(shape, *end)) return std::nullopt;
  const auto transformed =
      transformed_weights().find(shape.weight, 0, [&] { return transform_weight(shape.weight); });
  if (!transformed) return std::nullopt;
  const auto out = into != nullptr ? *into : empty_result(shape);
  winograd(shape, *transformed, *end, out);
  return out;
}

/// By Winograd, else by LibTorch with the weight packed, if it can be.
template <class LibTorch>
AOTITorchError convolve(const ConvolutionShape& shape, const std::optional<WinogradEnd>& end,
                        const at::Tensor* into, AtenTensorHandle* result, const LibTorch& libtorch) {
  std::optional<at::Tensor> weight;
  try {
    if (auto out = try_winograd(shape, end, into)) {
      *result = reinterpret_cast<AtenTensorHandle>(std::make_unique<at::Tensor>(*std::move(out)).release());
      return AOTI_TORCH_SUCCESS;
    }
    if (is_switched_on()) weight = packed_weight(shape);
  } catch (const std::exception&) {  // no memory, say: LibTorch tries, and says why it cannot either
    if (into != nullptr) return AOTI_TORCH_FAILURE;  // some of it has been added to already
  }
  return libtorch(
      reinterpret_cast<AtenTensorHandle>(const_cast<at::Tensor*>(weight ? &*weight : &shape.weight)));
}

}  // namespace

void use_own_convolutions() {
  if (!is_switched_on()) return;
  static const auto registered = register_own_kernel("_convolution", scripted_convolution);
  static_cast<void>(registered);
}

}  // namespace infer::detail

/// Compiled packages call these C functions of LibTorch's; the program's own definitions come before the
/// library's.
extern "C" AOTITorchError aoti_torch_cpu_mkldnn__convolution_pointwise(
    AtenTensorHandle input, AtenTensorHandle weight, AtenTensorHandle* bias, const std::int64_t* padding,
    std::int64_t paddings, const std::int64_t* stride, std::int64_t strides, const std::int64_t* dilation,
    std::int64_t dilations, std::int64_t groups, const char* activation, const double** scalars,
    std::int64_t scalars_size, const char** algorithm, AtenTensorHandle* result) {
  using namespace infer::detail;
  static auto* const libtorch = libtorch_function<decltype(aoti_torch_cpu_mkldnn__convolution_pointwise)>(
      "aoti_torch_cpu_mkldnn__convolution_pointwise");
  const ConvolutionShape shape{tensor_of(input),       tensor_of(weight),          sizes(padding, paddings),
                               sizes(stride, strides), sizes(dilation, dilations), groups};
  return convolve(shape, end_of(bias, activation), nullptr, result, [&](AtenTensorHandle chosen) {
    return libtorch(input, chosen, bias, padding, paddings, stride, strides, dilation, dilations, groups,
                    activation, scalars, scalars_size, algorithm, result);
  });
}

extern "C" AOTITorchError aoti_torch_cpu_mkldnn__convolution_pointwise_binary(
    AtenTensorHandle input, AtenTensorHandle other, AtenTensorHandle weight, AtenTensorHandle* bias,
    const std::int64_t* padding, std::int64_t paddings, const std::int64_t* stride, std::int64_t strides,
    const std::int64_t* dilation, std::int64_t dilations, std::int64_t groups, const char* operation,
    double* factor, const char** activation, const double** scalars, std::int64_t scalars_size,
    const char** algorithm, AtenTensorHandle* result) {
  using namespace infer::detail;
  static auto* const libtorch =
      libtorch_function<decltype(aoti_torch_cpu_mkldnn__convolution_pointwise_binary)>(
          "aoti_torch_cpu_mkldnn__convolution_pointwise_binary");
  const ConvolutionShape shape{tensor_of(input),       tensor_of(weight),          sizes(padding, paddings),
                               sizes(stride, strides), sizes(dilation, dilations), groups};
  const auto end =
      end_of(shape, bias, activation != nullptr ? *activation : nullptr, tensor_of(other), operation, factor);
  return convolve(shape, end, nullptr, result, [&](AtenTensorHandle chosen) {
    return libtorch(input, other, chosen, bias, padding, paddings, stride, strides, dilation, dilations,
                    groups, operation, factor, activation, scalars, scalars_size, algorithm, result);
  });
}

/// Adds to `other` in place.
extern "C" AOTITorchError aoti_torch_cpu_mkldnn__convolution_pointwise_binary_(
    AtenTensorHandle other, AtenTensorHandle input, AtenTensorHandle weight, AtenTensorHandle* bias,
    const std::int64_t* padding, std::int64_t paddings, const std::int64_t* stride, std::int64_t strides,
    const std::int64_t* dilation, std::int64_t dilations, std::int64_t groups, const char* operation,
    double* factor, const char** activation, const double** scalars, std::int64_t scalars_size,
    const char** algorithm, AtenTensorHandle* result) {
  using namespace infer::detail;
  static auto* const libtorch =
      libtorch_function<decltype(aoti_torch_cpu_mkldnn__convolution_pointwise_binary_)>(
          "aoti_torch_cpu_mkldnn__convolution_pointwise_binary_");
  const ConvolutionShape shape{tensor_of(input),       tensor_of(weight),          sizes(padding, paddings),
                               sizes(stride, strides), sizes(dilation, dilations), groups};
  const auto& place = tensor_of(other);
  const auto end =
      end_of(shape, bias, activation != nullptr ? *activation : nullptr, place, operation, factor);
  return convolve(shape, end, &place, result, [&](AtenTensorHandle chosen) {
    return libtorch(other, input, chosen, bias, padding, paddings, stride, strides, dilation, dilations,
                    groups, operation, factor, activation, scalars, scalars_size, algorithm, result);
  });
}
