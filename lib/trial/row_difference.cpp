#include "trial/row_difference.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "record/tensor.hpp"

namespace infer::detail {
namespace {

template <class T>
double read_as(const std::byte* at) {
  T value{};
  std::memcpy(&value, at, sizeof(T));
  return static_cast<double>(value);
}

/// Value `index` of a tensor; half types never stand on the host.
double value_at(const HostTensor& tensor, std::size_t index) {
  const auto* at = tensor.bytes.data() + index * dtype_size(tensor.dtype);
  switch (tensor.dtype) {
    case DType::float32: return read_as<float>(at);
    case DType::float64: return read_as<double>(at);
    case DType::int64: return read_as<std::int64_t>(at);
    case DType::int32: return read_as<std::int32_t>(at);
    case DType::int16: return read_as<std::int16_t>(at);
    case DType::int8: return read_as<std::int8_t>(at);
    case DType::uint8:
    case DType::boolean: return read_as<std::uint8_t>(at);
    case DType::float16:
    case DType::bfloat16: break;
  }
  throw InternalError("an output in half precision on the host");
}

/// Walks what two rows of one number of dimensions have in common.
class Comparison {
 public:
  Comparison(const HostTensor& left, const HostTensor& right) : left_(left), right_(right) {}

  void walk(std::size_t left, std::size_t right, std::size_t dim) {
    if (dim == left_.shape.size()) return compare(left, right);
    const auto common = std::min(left_.shape[dim], right_.shape[dim]);
    for (std::int64_t i = 0; i < common; ++i) {
      const auto step = static_cast<std::size_t>(i);
      walk(left + step * stride(left_, dim), right + step * stride(right_, dim), dim + 1);
    }
  }

  double largest = 0;  ///< of the finite values
  double worst = 0;
  double left_value = 0;
  double right_value = 0;

 private:
  static std::size_t stride(const HostTensor& tensor, std::size_t dim) {
    return element_count(std::span(tensor.shape).subspan(dim + 1));
  }

  void compare(std::size_t left, std::size_t right) {
    const auto a = value_at(left_, left);
    const auto b = value_at(right_, right);
    if (std::isfinite(a)) largest = std::max(largest, std::abs(a));
    if (std::isfinite(b)) largest = std::max(largest, std::abs(b));
    if (a == b || (std::isnan(a) && std::isnan(b))) return;
    const auto apart = std::isfinite(a) && std::isfinite(b) ? std::abs(a - b) : HUGE_VAL;
    if (apart <= worst) return;
    worst = apart;
    left_value = a;
    right_value = b;
  }

  const HostTensor& left_;
  const HostTensor& right_;
};

RowDifference compare_output(const NamedTensor& left, std::size_t left_row, const NamedTensor& right,
                             std::size_t right_row, const Tolerance& tolerance) {
  const auto& a = left.value;
  const auto& b = right.value;
  RowDifference difference{left.name, 0, 0, 0, false, tolerance};
  if (left.name != right.name || a.shape.size() != b.shape.size()) {
    difference.in_shape = true;
    difference.share = 1;
    return difference;
  }
  difference.in_shape = !std::ranges::equal(std::span(a.shape).subspan(1), std::span(b.shape).subspan(1));
  Comparison values(a, b);
  values.walk(left_row * element_count(std::span(a.shape).subspan(1)),
              right_row * element_count(std::span(b.shape).subspan(1)), 1);
  difference.left = values.left_value;
  difference.right = values.right_value;
  if (values.worst == 0) return difference;
  const auto scale = std::max(values.largest, tolerance.smallest);
  const bool rounds = is_floating(a.dtype) || is_floating(b.dtype);
  difference.share = rounds ? std::min(values.worst / scale, 1.0) : 1.0;
  return difference;
}

std::string short_number(double number) {
  constexpr int kDigits = 6;
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, kDigits);
  return {text.data(), end.ptr};
}

}  // namespace

RowDifference compare_rows(const OutputRow& left, const OutputRow& right, const Tolerance& tolerance) {
  RowDifference worst{"", 0, 0, 0, false, tolerance};
  if (left.outputs.size() != right.outputs.size())
    return {left.outputs.empty() ? "" : left.outputs[0].name, 0, 0, 1, true, tolerance};
  for (std::size_t i = 0; i < left.outputs.size(); ++i) {
    auto one = compare_output(left.outputs[i], left.row, right.outputs[i], right.row, tolerance);
    const bool in_shape = worst.in_shape || one.in_shape;
    if (worst.output.empty() || one.share > worst.share ||
        (one.in_shape && !worst.in_shape && worst.share == 0))
      worst = std::move(one);
    worst.in_shape = in_shape;
  }
  return worst;
}

std::string both_values(const RowDifference& difference) {
  return short_number(difference.left) + " and " + short_number(difference.right);
}

}  // namespace infer::detail
