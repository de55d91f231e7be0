#include "kernels/attention/kernel.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <cstddef>

#include "kernels/attention/loops.hpp"

namespace infer::detail {
namespace {

constexpr std::int64_t kRowsPerBlock = 32;
constexpr std::int64_t kSizeUnit = 16;  // the products' sizes are multiples of it: each is compiled once

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

/// Some rows of a [rows, width] matrix of a tensor [batch, heads, rows, width].
template <class T>
Rows<T> matrix(const at::Tensor& tensor, std::int64_t batch, std::int64_t head, const Segment& rows) {
  auto* const memory = static_cast<T*>(const_cast<void*>(tensor.const_data_ptr()));
  return {memory + batch * tensor.stride(0) + head * tensor.stride(1) + rows.begin * tensor.stride(2),
          static_cast<std::size_t>(rows.size), static_cast<std::size_t>(tensor.size(3)), tensor.stride(2)};
}

/// From this query and this key on.
MaskRows mask_rows(const at::Tensor& mask, std::int64_t batch, std::int64_t head, std::int64_t query,
                   std::int64_t key) {
  if (!mask.defined()) return {};
  const bool wide = mask.scalar_type() == at::kFloat;
  const auto offset = batch * mask.stride(0) + head * mask.stride(1) + query * mask.stride(2) + key;
  const auto* const bytes = static_cast<const std::byte*>(mask.const_data_ptr());
  return {wide ? MaskRows::Kind::float32 : MaskRows::Kind::bfloat16,
          bytes + offset * static_cast<std::int64_t>(mask.element_size()), mask.stride(2)};
}

template <class Type>
class Attention {
 public:
  using Stored = typename Type::Stored;

  /// Of one thread.
  explicit Attention(const AttentionTask& task)
      : task_(task), scratch_(rounded_up(most_keys(task.stretches), kSizeUnit), task.query.size(3)) {}

  /// Heads [begin, end), counted through the batch.
  void run(std::int64_t begin, std::int64_t end) {
    const auto heads = task_.query.size(1);
    for (auto head = begin; head < end; ++head) {
      for (const auto& stretch : task_.stretches) run_stretch(head / heads, head % heads, stretch);
    }
    at::native::cpublas::brgemm_release(Type::kPairs);
  }

 private:
  void run_stretch(std::int64_t batch, std::int64_t head, const Stretch& stretch) {
    const auto stride = static_cast<std::size_t>(rounded_up(stretch.keys.size, kSizeUnit));
    loops_.pack_keys(matrix<const Stored>(task_.key, batch, head, stretch.keys), stride,
                     scratch_.keys.data());
    loops_.pack_values(matrix<const Stored>(task_.value, batch, head, stretch.keys), stride,
                       scratch_.values.data());
    for (std::int64_t first = 0; first < stretch.queries.size; first += kRowsPerBlock)
      run_block(batch, head, stretch, first);
  }

  void run_block(std::int64_t batch, std::int64_t head, const Stretch& stretch, std::int64_t first) {
    const auto query = block(matrix<const Stored>(task_.query, batch, head, stretch.queries), first);
    const auto width = static_cast<std::int64_t>(query.width);
    const auto stride = rounded_up(stretch.keys.size, kSizeUnit);
    const auto factor = whole_units(query);
    const auto rows = rounded_up(static_cast<std::int64_t>(query.count), kSizeUnit);
    multiply<Type>(rows, stride, width, factor.first, factor.row_stride, scratch_.keys.data(),
                   scratch_.scores.data());
    const ScoreRows scores{scratch_.scores.data(), query.count, static_cast<std::size_t>(stretch.keys.size),
                           static_cast<std::size_t>(stride)};
    const auto mask = mask_rows(task_.mask, batch, head, stretch.queries.begin + first, stretch.keys.begin);
    loops_.softmax(scores, task_.scale, mask, scratch_.weights.data(), scratch_.inverse_sums.data());
    multiply<Type>(rows, width, stride, scratch_.weights.data(), stride, scratch_.values.data(),
                   scratch_.sums.data());
    loops_.store(scratch_.sums.data(), scratch_.inverse_sums.data(),
                 block(matrix<Stored>(task_.out, batch, head, stretch.queries), first));
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

  const AttentionTask& task_;
  const AttentionLoops<Stored>& loops_ = Type::loops();
  Scratch<Type> scratch_;
};

}  // namespace

std::int64_t most_keys(std::span<const Stretch> stretches) {
  return std::ranges::max(stretches, {}, [](const auto& stretch) { return stretch.keys.size; }).keys.size;
}

void run_attention(const AttentionTask& task) {
  const auto run = [&task](std::int64_t begin, std::int64_t end) {
    if (task.query.scalar_type() == at::kFloat) {
      Attention<Float32>(task).run(begin, end);
    } else {
      Attention<BFloat16>(task).run(begin, end);
    }
  };
  at::parallel_for(0, task.query.size(0) * task.query.size(1), /*grain_size=*/1, run);
}

}  // namespace infer::detail
