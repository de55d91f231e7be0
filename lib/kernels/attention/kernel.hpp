// The computation of attention, once it is settled that and how it is done here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention/segments.hpp"

namespace infer::detail {

/// Queries, and the keys that they see.
struct Stretch {
  Segment queries;
  Segment keys;
};

/// Of one type, float32 or bfloat16, with a stride of 1 in the last dimension.
struct AttentionTask {
  const at::Tensor& query;         ///< [batch, heads, queries, width]
  const at::Tensor& key;           ///< [batch, heads, keys, width]
  const at::Tensor& value;         ///< likewise
  const at::Tensor& mask;          ///< [batch, heads, queries, keys]; or undefined
  std::vector<Stretch> stretches;  ///< of every batch and head, at least one
  float scale = 1;
  const at::Tensor& out;  ///< [batch, heads, queries, width], to be filled
};

/// Of one stretch.
std::int64_t most_keys(std::span<const Stretch> stretches);

/// On as many threads as LibTorch takes from here; the result does not depend on them.
void run_attention(const AttentionTask& task);

}  // namespace infer::detail
