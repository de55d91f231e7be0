// How models come to try_attention(): compiled ones by the name that their code calls, TorchScript by the
// dispatcher.
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_native.h>
#include <torch/csrc/inductor/aoti_torch/c/shim_cpu.h>

#include <exception>
#include <memory>
#include <utility>

#include "kernels/attention/attention.hpp"
#include "kernels/own_kernel.hpp"

namespace infer::detail {
namespace {

using Result = std::tuple<at::Tensor, at::Tensor>;

bool is_switched_on() {
  static const bool on = !is_left_to_libtorch("INFER_ATTENTION");
  return on;
}

std::optional<Result> try_own(const AttentionCall& call) {
  try {
    return is_switched_on() ? try_attention(call) : std::nullopt;
  } catch (
      const std::exception&) {  // no memory, say: LibTorch's kernel is tried, and says why it cannot either
    return std::nullopt;
  }
}

Result attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, double dropout,
                 bool causal, const std::optional<at::Tensor>& mask, std::optional<double> scale) {
  if (auto result = try_own({query, key, value, dropout, causal, mask, scale})) return *std::move(result);
  return at::native::_scaled_dot_product_flash_attention_cpu(query, key, value, dropout, causal, mask, scale);
}

}  // namespace

void use_own_attention() {
  if (!is_switched_on()) return;
  static const auto registered =
      register_own_kernel("_scaled_dot_product_flash_attention_for_cpu", attention);
  static_cast<void>(registered);
}

}  // namespace infer::detail

/// Compiled packages call this C function of LibTorch's; the program's own definition comes before the
/// library's. Handles are pointers to tensors; the caller owns those given back.
extern "C" AOTITorchError aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu(
    AtenTensorHandle query, AtenTensorHandle key, AtenTensorHandle value, double dropout, std::int32_t causal,
    AtenTensorHandle* mask, double* scale, AtenTensorHandle* out, AtenTensorHandle* log_sums) {
  using infer::detail::tensor_of;
  static auto* const libtorch =
      infer::detail::libtorch_function<decltype(aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu)>(
          "aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu");
  const auto handle = [](at::Tensor& result) {
    return reinterpret_cast<AtenTensorHandle>(std::make_unique<at::Tensor>(std::move(result)).release());
  };
  const auto added = mask != nullptr ? std::optional(tensor_of(*mask)) : std::nullopt;
  const auto factor = scale != nullptr ? std::optional(*scale) : std::nullopt;
  auto result = infer::detail::try_own(
      {tensor_of(query), tensor_of(key), tensor_of(value), dropout, causal != 0, added, factor});
  if (!result) return libtorch(query, key, value, dropout, causal, mask, scale, out, log_sums);
  *out = handle(std::get<0>(*result));
  *log_sums = handle(std::get<1>(*result));
  return AOTI_TORCH_SUCCESS;
}
