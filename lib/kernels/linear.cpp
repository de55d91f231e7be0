#include "kernels/linear.hpp"

#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear_native.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/inductor/aoti_torch/c/shim_cpu.h>
#include <torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>

#include "kernels/own_kernel.hpp"

namespace infer::detail {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
/// Input, weight, bias; an activation, its parameters and how it is computed.
using Signature = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             std::string_view, Scalars, std::optional<std::string_view>);
using OneDnnLinear = c10::TypedOperatorHandle<Signature>;

std::optional<OneDnnLinear> find_onednn_linear() {
  const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
  if (!found) return std::nullopt;
  return found->typed<Signature>();
}

bool is_float_on_cpu(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == c10::ScalarType::Float &&
         tensor.layout() == c10::kStrided;
}

bool is_plain(const at::Tensor& tensor) { return is_float_on_cpu(tensor) && tensor.is_contiguous(); }

/// Small layers too, where a call's 12 us are lost: MKL takes a kernel by the number of rows, with other
/// last digits.
bool is_for_onednn(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (!is_float_on_cpu(input) || !is_plain(weight) || weight.dim() != 2 || input.dim() < 2) return false;
  if (bias && !(is_plain(*bias) && bias->dim() == 1 && bias->size(0) == weight.size(0))) return false;
  return input.numel() > 0 && weight.numel() > 0 && input.size(-1) == weight.size(1);
}

/// The last dimension is a row's.
bool is_one_row(const at::Tensor& input) {
  return input.dim() >= 2 && input.size(-1) > 0 && input.numel() == input.size(-1);
}

at::Tensor twice(const at::Tensor& row) { return at::cat({row, row}); }
at::Tensor first_of(const at::Tensor& rows) { return rows.narrow(0, 0, 1).clone(); }

/// Empty where LibTorch is to do it.
std::optional<at::Tensor> try_linear(const at::Tensor& input, const at::Tensor& weight,
                                     const std::optional<at::Tensor>& bias) {
  static const auto onednn = find_onednn_linear();
  if (!onednn || !is_for_onednn(input, weight, bias)) return std::nullopt;
  const auto product = [&](const at::Tensor& rows) {
    return onednn->call(rows, weight, bias, "none", Scalars(), "");
  };
  // A single row gets another kernel than two or more.
  return is_one_row(input) ? first_of(product(twice(input))) : product(input.contiguous());
}

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (auto result = try_linear(input, weight, bias)) return *std::move(result);
  return at::native::linear(input, weight, bias);
}

bool is_intel() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_is("intel");
#else
  return false;
#endif
}

bool is_wanted() {
  return !is_left_to_libtorch("INFER_LINEAR") && !is_intel() && at::Context::hasMKL() &&
         at::Context::hasMKLDNN();
}

/// A product of compiled code: by a weight that was not packed, for it stands outside of the package.
bool try_product(const at::Tensor& out, const at::Tensor& input, const at::Tensor& weight_t,
                 const std::optional<at::Tensor>& bias) {
  static const bool wanted = is_wanted();
  if (!wanted || weight_t.dim() != 2 || !out.is_contiguous()) return false;
  try {
    const auto result = try_linear(input, weight_t.t(), bias);
    if (result) out.copy_(*result);
    return result.has_value();
  } catch (const std::exception&) {  // no memory, say: LibTorch tries, and says why it cannot either
    return false;
  }
}

/// Whether `weights`, one for each of a batch's matrices, are a single one that was expanded.
bool is_shared_weight(const at::Tensor& out, const at::Tensor& input, const at::Tensor& weights) {
  return weights.dim() == 3 && input.dim() == 3 && out.dim() == 3 && weights.stride(0) == 0 &&
         weights.size(0) > 0 && input.size(0) == weights.size(0) && input.size(2) == weights.size(1) &&
         out.sizes() == at::IntArrayRef({input.size(0), input.size(1), weights.size(2)}) &&
         out.is_contiguous() && out.numel() > 0;
}

/// A linear layer that Inductor made a batch of products, as where the input is transposed. LibTorch would
/// multiply by the same weight again and again (float32), or copy it for each (bfloat16).
bool try_shared_product(const at::Tensor& out, const at::Tensor& input, const at::Tensor& weights) {
  static const bool wanted = !is_left_to_libtorch("INFER_LINEAR");
  if (!wanted || !is_shared_weight(out, input, weights)) return false;
  try {
    auto rows_out = out.view({-1, out.size(2)});
    const auto rows = input.reshape({-1, input.size(2)});
    const auto weight_t = weights.select(0, 0);
    if (!try_product(rows_out, rows, weight_t, std::nullopt)) at::mm_out(rows_out, rows, weight_t);
    return true;
  } catch (const std::exception&) {  // as above
    return false;
  }
}

}  // namespace

void use_fast_linear() {
  static const auto registered = []() -> std::optional<torch::Library> {
    if (!is_wanted()) return std::nullopt;
    return register_own_kernel("linear", linear);
  }();
  static_cast<void>(registered);
}

}  // namespace infer::detail

/// Compiled packages call these C functions of LibTorch's; the program's own definitions come before the
/// library's. Handles are pointers to tensors.
extern "C" AOTITorchError aoti_torch_cpu_mm_out(AtenTensorHandle out, AtenTensorHandle self,
                                                AtenTensorHandle mat2) {
  using namespace infer::detail;
  static auto* const libtorch = libtorch_function<decltype(aoti_torch_cpu_mm_out)>("aoti_torch_cpu_mm_out");
  if (try_product(tensor_of(out), tensor_of(self), tensor_of(mat2), std::nullopt)) return AOTI_TORCH_SUCCESS;
  return libtorch(out, self, mat2);
}

extern "C" AOTITorchError aoti_torch_cpu_bmm_out(AtenTensorHandle out, AtenTensorHandle self,
                                                 AtenTensorHandle mat2) {
  using namespace infer::detail;
  static auto* const libtorch = libtorch_function<decltype(aoti_torch_cpu_bmm_out)>("aoti_torch_cpu_bmm_out");
  if (try_shared_product(tensor_of(out), tensor_of(self), tensor_of(mat2))) return AOTI_TORCH_SUCCESS;
  return libtorch(out, self, mat2);
}

extern "C" AOTITorchError aoti_torch_cpu_addmm_out(AtenTensorHandle out, AtenTensorHandle self,
                                                   AtenTensorHandle mat1, AtenTensorHandle mat2, double beta,
                                                   double alpha) {
  using namespace infer::detail;
  static auto* const libtorch =
      libtorch_function<decltype(aoti_torch_cpu_addmm_out)>("aoti_torch_cpu_addmm_out");
  if (beta == 1 && alpha == 1 &&
      try_product(tensor_of(out), tensor_of(mat1), tensor_of(mat2), tensor_of(self)))
    return AOTI_TORCH_SUCCESS;
  return libtorch(out, self, mat1, mat2, beta, alpha);
}

/// A single row by the same kernel as several.
extern "C" AOTITorchError aoti_torch_cpu__linear_pointwise(AtenTensorHandle input, AtenTensorHandle weight,
                                                           AtenTensorHandle* bias, const char* activation,
                                                           const double** scalars, std::int64_t scalars_size,
                                                           const char** algorithm, AtenTensorHandle* result) {
  using namespace infer::detail;
  static auto* const libtorch =
      libtorch_function<decltype(aoti_torch_cpu__linear_pointwise)>("aoti_torch_cpu__linear_pointwise");
  const auto call = [&](AtenTensorHandle rows) {
    return libtorch(rows, weight, bias, activation, scalars, scalars_size, algorithm, result);
  };
  if (!is_one_row(tensor_of(input))) return call(input);
  auto rows = twice(tensor_of(input));
  const auto error = call(reinterpret_cast<AtenTensorHandle>(&rows));
  if (error == AOTI_TORCH_SUCCESS) tensor_of(*result) = first_of(tensor_of(*result));
  return error;
}
