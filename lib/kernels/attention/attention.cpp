#include "kernels/attention/attention.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/attention/kernel.hpp"
#include "kernels/attention/segments.hpp"
#include "kernels/instructions.hpp"

namespace infer::detail {
namespace {

constexpr std::int64_t kMostKeys = 2048;
constexpr std::int64_t kWidthUnit = 16;
constexpr std::int64_t kMostWidth = 256;

bool has_instructions_for(c10::ScalarType type) {
  return type == at::kFloat ? has_avx2() : type == at::kBFloat16 && has_avx512_bfloat16();
}

bool is_usable(const at::Tensor& tensor, c10::ScalarType type) {
  return tensor.dim() == 4 && tensor.is_cpu() && tensor.scalar_type() == type && tensor.stride(3) == 1;
}

float scale_of(const AttentionCall& call) {
  return static_cast<float>(call.scale.value_or(1 / std::sqrt(static_cast<double>(call.query.size(3)))));
}

bool is_for_us(const AttentionCall& call) {
  const auto type = call.query.scalar_type();
  if (call.dropout > 0 || call.causal || !has_instructions_for(type)) return false;
  if (!is_usable(call.query, type) || !is_usable(call.key, type) || !is_usable(call.value, type))
    return false;
  const auto width = call.query.size(3);
  const bool widths_fit = width % kWidthUnit == 0 && width <= kMostWidth && call.key.size(3) == width &&
                          call.value.size(3) == width;
  const bool heads_fit = call.key.size(0) == call.query.size(0) && call.key.size(1) == call.query.size(1) &&
                         call.value.size(0) == call.query.size(0) && call.value.size(1) == call.query.size(1);
  return widths_fit && heads_fit && scale_of(call) > 0 && call.key.size(2) == call.value.size(2) &&
         call.query.numel() > 0 && call.key.numel() > 0;
}

/// Empty when the mask is none that the loops read.
std::optional<at::Tensor> expanded_mask(const AttentionCall& call) {
  if (!call.mask || !call.mask->defined()) return at::Tensor();
  const auto& mask = *call.mask;
  const auto type = mask.scalar_type();
  if ((type != at::kFloat && type != at::kBFloat16) || !mask.is_cpu() || mask.dim() > 4) return std::nullopt;
  auto expanded = mask.expand({call.query.size(0), call.query.size(1), call.query.size(2), call.key.size(2)});
  if (expanded.stride(3) != 1 && expanded.size(3) != 1) return std::nullopt;
  return expanded;
}

/// [batch, heads, queries], each query's heads side by side.
at::Tensor log_sums_of(const AttentionCall& call) {
  const auto& query = call.query;
  return at::empty({query.size(0), query.size(2), query.size(1)}, query.options().dtype(at::kFloat))
      .transpose(1, 2);
}

/// Each text of a packed batch for itself, without the mask where it hides nothing within texts; or all
/// queries and all keys.
std::vector<Stretch> stretches_of(const AttentionCall& call, at::Tensor& mask) {
  auto segments = find_segments(mask);
  if (segments.empty()) {
    segments = find_causal_segments(mask);
  } else {
    mask.reset();
  }
  if (segments.empty()) return {{{0, call.query.size(2)}, {0, call.key.size(2)}}};
  std::vector<Stretch> stretches;
  for (const auto& segment : segments) stretches.push_back({segment, segment});
  return stretches;
}

}  // namespace

std::optional<std::tuple<at::Tensor, at::Tensor>> try_attention(const AttentionCall& call) {
  if (!is_for_us(call)) return std::nullopt;
  auto mask = expanded_mask(call);
  if (!mask) return std::nullopt;
  auto stretches = stretches_of(call, *mask);
  if (most_keys(stretches) > kMostKeys) return std::nullopt;
  auto out = at::empty_like(call.query);  // its strides too: a compiled model reads the result by these
  if (out.stride(3) != 1) return std::nullopt;
  run_attention({call.query, call.key, call.value, *mask, std::move(stretches), scale_of(call), out});
  return std::tuple(std::move(out), log_sums_of(call));
}

}  // namespace infer::detail
