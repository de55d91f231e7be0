#include "model/attention/attention.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/attention/loops.hpp"

namespace infer::detail {
namespace {

constexpr std::int64_t kRowsPerBlock = 32;
constexpr std::int64_t kSizeUnit = 16;  // the products' sizes are multiples of it: each is compiled once
constexpr std::int64_t kMostKeys = 2048;
constexpr std::int64_t kWidthUnit = 16;
constexpr std::int64_t kMostWidth = 256;

std::int64_t rounded_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

/// How the code that is common to both names its types: as stored, as LibTorch's products take them.
struct Float32 {
  using Stored = float;
  using Factor = float;
  static constexpr bool kPairs = false;
  static const AttentionLoops<float>& loops() { return attention_loops_float32(); }
};
struct BFloat16 {
  using Stored = BFloat16Bits;
  using Factor = at::BFloat16;
  static constexpr bool kPairs = true;
  static const AttentionLoops<BFloat16Bits>& loops() { return attention_loops_bfloat16(); }
};

/// What one call works in: some hundred KiB, to stay in the cache.
template <class Type>
struct Scratch {
  using Stored = typename Type::Stored;
  std::vector<Stored> keys, values, queries, weights;
  std::vector<float> scores, sums, inverse_sums;

  Scratch(std::int64_t stride, std::int64_t width)
      : keys(elements(stride, width)),
        values(elements(stride, width)),
        queries(elements(kRowsPerBlock, width)),
        weights(elements(kRowsPerBlock, stride)),
        scores(elements(kRowsPerBlock, stride)),
        sums(elements(kRowsPerBlock, width)),
        inverse_sums(elements(kRowsPerBlock, 1)) {}

  static std::size_t elements(std::int64_t rows, std::int64_t columns) {
    return static_cast<std::size_t>(rows * columns);
  }
};

/// [rows, columns] = a [rows, inner] * b [inner, columns].
template <class Type>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t inner, const typename Type::Stored* a,
              std::int64_t a_stride, const typename Type::Stored* b, float* product) {
  using Factor = typename Type::Factor;
  static_assert(sizeof(Factor) == sizeof(*a));
  at::native::cpublas::brgemm(rows, columns, inner, a_stride, columns, columns, /*add_C=*/false,
                              reinterpret_cast<const Factor*>(a), reinterpret_cast<const Factor*>(b), product,
                              /*is_vnni=*/Type::kPairs);
}

/// One [rows, width] matrix of a tensor [batch, heads, rows, width].
template <class T>
Rows<T> matrix(const at::Tensor& tensor, std::int64_t batch, std::int64_t head) {
  auto* const memory = static_cast<T*>(const_cast<void*>(tensor.const_data_ptr()));
  return {memory + batch * tensor.stride(0) + head * tensor.stride(1),
          static_cast<std::size_t>(tensor.size(2)), static_cast<std::size_t>(tensor.size(3)),
          tensor.stride(2)};
}

MaskRows mask_rows(const at::Tensor& mask, std::int64_t batch, std::int64_t head, std::int64_t query) {
  if (!mask.defined()) return {};
  const bool wide = mask.scalar_type() == at::kFloat;
  const auto offset = batch * mask.stride(0) + head * mask.stride(1) + query * mask.stride(2);
  const auto* const bytes = static_cast<const std::byte*>(mask.const_data_ptr());
  return {wide ? MaskRows::Kind::float32 : MaskRows::Kind::bfloat16,
          bytes + offset * static_cast<std::int64_t>(mask.element_size()), mask.stride(2)};
}

template <class Type>
class Attention {
 public:
  using Stored = typename Type::Stored;

  /// `mask` is expanded to [batch, heads, queries, keys], or undefined.
  Attention(const AttentionCall& call, const at::Tensor& mask, float scale, const at::Tensor& out)
      : call_(call),
        mask_(mask),
        scale_(scale),
        out_(out),
        stride_(rounded_up(call.key.size(2), kSizeUnit)),
        scratch_(stride_, call.query.size(3)) {}

  void run() {
    for (std::int64_t batch = 0; batch < call_.query.size(0); ++batch) {
      for (std::int64_t head = 0; head < call_.query.size(1); ++head) run_head(batch, head);
    }
    at::native::cpublas::brgemm_release(Type::kPairs);
  }

 private:
  void run_head(std::int64_t batch, std::int64_t head) {
    const auto stride = static_cast<std::size_t>(stride_);
    loops_.pack_keys(matrix<const Stored>(call_.key, batch, head), stride, scratch_.keys.data());
    loops_.pack_values(matrix<const Stored>(call_.value, batch, head), stride, scratch_.values.data());
    const auto queries = call_.query.size(2);
    for (std::int64_t first = 0; first < queries; first += kRowsPerBlock) run_block(batch, head, first);
  }

  void run_block(std::int64_t batch, std::int64_t head, std::int64_t first) {
    const auto query = block(matrix<const Stored>(call_.query, batch, head), first);
    const auto width = static_cast<std::int64_t>(query.width);
    const auto factor = whole_units(query);
    const auto rows = rounded_up(static_cast<std::int64_t>(query.count), kSizeUnit);
    multiply<Type>(rows, stride_, width, factor.first, factor.row_stride, scratch_.keys.data(),
                   scratch_.scores.data());
    const ScoreRows scores{scratch_.scores.data(), query.count, static_cast<std::size_t>(call_.key.size(2)),
                           static_cast<std::size_t>(stride_)};
    loops_.softmax(scores, scale_, mask_rows(mask_, batch, head, first), scratch_.weights.data(),
                   scratch_.inverse_sums.data());
    multiply<Type>(rows, width, stride_, scratch_.weights.data(), stride_, scratch_.values.data(),
                   scratch_.sums.data());
    loops_.store(scratch_.sums.data(), scratch_.inverse_sums.data(),
                 block(matrix<Stored>(out_, batch, head), first));
  }

  template <class T>
  static Rows<T> block(Rows<T> rows, std::int64_t first) {
    rows.first += first * rows.row_stride;
    rows.count = std::min<std::size_t>(rows.count - static_cast<std::size_t>(first), kRowsPerBlock);
    return rows;
  }

  /// Rows that are no multiple of the unit are copied, so that none is read beyond the tensor; what the copy
  /// has in place of them is not used.
  Rows<const Stored> whole_units(const Rows<const Stored>& query) {
    if (query.count % kSizeUnit == 0) return query;
    auto* const copy = scratch_.queries.data();
    for (std::size_t row = 0; row < query.count; ++row) {
      const auto* const from = query.first + static_cast<std::ptrdiff_t>(row) * query.row_stride;
      std::copy(from, from + query.width, copy + row * query.width);
    }
    return {copy, query.count, query.width, static_cast<std::ptrdiff_t>(query.width)};
  }

  const AttentionCall& call_;
  const at::Tensor& mask_;
  float scale_;
  const at::Tensor& out_;
  const AttentionLoops<Stored>& loops_ = Type::loops();
  std::int64_t stride_;
  Scratch<Type> scratch_;
};

bool has_instructions_for(c10::ScalarType type) {
#if defined(__x86_64__)
  static const bool float32 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  static const bool bfloat16 = __builtin_cpu_supports("avx512bf16");
  return type == at::kFloat ? float32 : type == at::kBFloat16 && bfloat16;
#else
  static_cast<void>(type);
  return false;  // not tried on others
#endif
}

bool is_usable(const at::Tensor& tensor, c10::ScalarType type) {
  return tensor.dim() == 4 && tensor.is_cpu() && tensor.scalar_type() == type && tensor.stride(3) == 1;
}

bool is_for_us(const AttentionCall& call) {
  const auto type = call.query.scalar_type();
  if (call.dropout > 0 || call.causal || at::get_num_threads() > 1 || !has_instructions_for(type))
    return false;
  if (!is_usable(call.query, type) || !is_usable(call.key, type) || !is_usable(call.value, type))
    return false;
  const auto width = call.query.size(3);
  const bool widths_fit = width % kWidthUnit == 0 && width <= kMostWidth && call.key.size(3) == width &&
                          call.value.size(3) == width;
  const bool heads_fit = call.key.size(0) == call.query.size(0) && call.key.size(1) == call.query.size(1) &&
                         call.value.size(0) == call.query.size(0) && call.value.size(1) == call.query.size(1);
  return widths_fit && heads_fit && call.key.size(2) == call.value.size(2) && call.key.size(2) <= kMostKeys &&
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

/// [batch, heads, rows, ...] laid out as [batch, rows, heads, ...].
at::Tensor rows_before_heads(const AttentionCall& call, at::IntArrayRef rest, c10::ScalarType type) {
  std::vector<std::int64_t> shape{call.query.size(0), call.query.size(2), call.query.size(1)};
  shape.insert(shape.end(), rest.begin(), rest.end());
  return at::empty(shape, call.query.options().dtype(type)).transpose(1, 2);
}

}  // namespace

std::optional<std::tuple<at::Tensor, at::Tensor>> try_attention(const AttentionCall& call) {
  if (!is_for_us(call)) return std::nullopt;
  const auto mask = expanded_mask(call);
  if (!mask) return std::nullopt;
  const auto type = call.query.scalar_type();
  const auto width = call.query.size(3);
  const auto scale = static_cast<float>(call.scale.value_or(1 / std::sqrt(static_cast<double>(width))));
  auto out = rows_before_heads(call, {width}, type);
  if (type == at::kFloat) {
    Attention<Float32>(call, *mask, scale, out).run();
  } else {
    Attention<BFloat16>(call, *mask, scale, out).run();
  }
  return std::tuple(std::move(out), rows_before_heads(call, {}, at::kFloat));
}

}  // namespace infer::detail
