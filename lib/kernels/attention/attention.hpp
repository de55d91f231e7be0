// Attention on the CPU, in place of LibTorch's own kernel where this one is faster: small heads, a few
// thousand keys.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

namespace infer::detail {

struct AttentionCall {
  const at::Tensor& query;  ///< [batch, heads, queries, width]
  const at::Tensor& key;    ///< [batch, heads, keys, width]
  const at::Tensor& value;  ///< likewise
  double dropout = 0;
  bool causal = false;
  const std::optional<at::Tensor>& mask;  ///< added to the scores; broadcast to [batch, heads, queries, keys]
  std::optional<double> scale;            ///< default: 1 / sqrt(width)
};

/// softmax(query * key^T * scale + mask) * value, in the type of its inputs (float32 or bfloat16), sums in
/// float32. A row that is masked as a whole gives 0. The result does not depend on the number of threads.
/// Empty when this call is better left to LibTorch: causal, dropout, other types, widths or strides, a
/// scale of 0 or less, more than 2048 keys, a processor without the instructions. The result, and its second
/// part (which only training reads, and which is not filled in), have the strides of LibTorch's.
std::optional<std::tuple<at::Tensor, at::Tensor>> try_attention(const AttentionCall& call);

/// From now on TorchScript models call try_attention() first, as compiled ones always do.
/// INFER_ATTENTION=libtorch in the environment switches it off for both. Idempotent, thread-safe.
void use_own_attention();

}  // namespace infer::detail
