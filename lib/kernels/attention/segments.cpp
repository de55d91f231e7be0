#include "kernels/attention/segments.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

namespace infer::detail {
namespace {

constexpr std::uint16_t kBfloat16Zero = 0;
constexpr std::uint16_t kBfloat16MinusInfinity = 0xFF80;

/// Row by row against the row that a segment's first one should be. T has the size of an element.
template <class T>
class Search {
 public:
  Search(const at::Tensor& mask, T zero, T minus_infinity)
      : first_(static_cast<const T*>(mask.const_data_ptr())),
        stride_(mask.stride(2)),
        size_(mask.size(3)),
        zero_(zero),
        minus_infinity_(minus_infinity) {}

  std::vector<Segment> full_blocks() const {
    std::vector<Segment> segments;
    std::vector<T> expected(static_cast<std::size_t>(size_), minus_infinity_);
    for (std::int64_t begin = 0; begin < size_;) {
      const auto end = end_of_zeros(begin);
      std::fill(expected.begin() + begin, expected.begin() + end, zero_);
      for (auto row = begin; row < end; ++row) {
        if (std::memcmp(first_ + row * stride_, expected.data(), expected.size() * sizeof(T)) != 0) return {};
      }
      if (end == begin) return {};
      std::fill(expected.begin() + begin, expected.begin() + end, minus_infinity_);
      segments.push_back({begin, end - begin});
      begin = end;
    }
    return segments;
  }

  /// A row that sees nothing before itself begins a block.
  std::vector<Segment> causal_blocks() const {
    const std::vector<T> hidden(static_cast<std::size_t>(size_), minus_infinity_);
    const auto is_hidden = [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
      return std::memcmp(first_ + row * stride_ + begin, hidden.data(),
                         static_cast<std::size_t>(end - begin) * sizeof(T)) == 0;
    };
    std::vector<Segment> segments;
    std::int64_t begin = 0;
    for (std::int64_t row = 0; row < size_; ++row) {
      if (!is_hidden(row, row + 1, size_) || !is_hidden(row, 0, begin)) return {};
      if (row == begin || !is_hidden(row, begin, row)) continue;
      segments.push_back({begin, row - begin});
      begin = row;
    }
    segments.push_back({begin, size_ - begin});
    return segments;
  }

 private:
  std::int64_t end_of_zeros(std::int64_t row) const {
    const auto* const at = first_ + row * stride_;
    return std::find_if(at + row, at + size_, [this](T item) { return item != zero_; }) - at;
  }

  const T* first_;
  std::int64_t stride_;
  std::int64_t size_;
  T zero_;
  T minus_infinity_;
};

bool may_have_blocks(const at::Tensor& mask) {
  if (!mask.defined() || mask.size(0) != 1 || mask.size(2) != mask.size(3)) return false;
  if (mask.size(1) > 1 && mask.stride(1) != 0) return false;  // a mask for each head
  return mask.size(2) == 1 || mask.stride(2) != 0;            // one row for all queries: padding
}

template <class Run>
std::vector<Segment> search(const at::Tensor& mask, const Run& run) {
  if (!may_have_blocks(mask)) return {};
  if (mask.scalar_type() == at::kFloat)
    return run(Search<float>(mask, 0.0F, -std::numeric_limits<float>::infinity()));
  return run(Search<std::uint16_t>(mask, kBfloat16Zero, kBfloat16MinusInfinity));
}

}  // namespace

std::vector<Segment> find_segments(const at::Tensor& mask) {
  return search(mask, [](const auto& rows) { return rows.full_blocks(); });
}

std::vector<Segment> find_causal_segments(const at::Tensor& mask) {
  return search(mask, [](const auto& rows) { return rows.causal_blocks(); });
}

}  // namespace infer::detail
