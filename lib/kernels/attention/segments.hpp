// Texts that share one row of a batch without padding: a mask keeps each to itself.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace infer::detail {

struct Segment {
  std::int64_t begin = 0;
  std::int64_t size = 0;
};

/// The blocks of a mask of zeros in blocks along the diagonal and minus infinity elsewhere, in order; empty
/// for every other mask. `mask`: [batch, heads, queries, keys], float32 or bfloat16 with keys side by side,
/// or undefined.
std::vector<Segment> find_segments(const at::Tensor& mask);

/// The same where each query sees some of the keys up to its own place in its block, as in decoders; what it
/// does not see has minus infinity.
std::vector<Segment> find_causal_segments(const at::Tensor& mask);

}  // namespace infer::detail
