#include "record/tensor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

namespace infer {
namespace {

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::string_view short_name;
  std::size_t size;
};

constexpr std::array kDTypes{
    DTypeInfo{DType::float32, "float32", "f32", 4}, DTypeInfo{DType::float64, "float64", "f64", 8},
    DTypeInfo{DType::float16, "float16", "f16", 2}, DTypeInfo{DType::bfloat16, "bfloat16", "bf16", 2},
    DTypeInfo{DType::int64, "int64", "i64", 8},     DTypeInfo{DType::int32, "int32", "i32", 4},
    DTypeInfo{DType::int16, "int16", "i16", 2},     DTypeInfo{DType::int8, "int8", "i8", 1},
    DTypeInfo{DType::uint8, "uint8", "u8", 1},      DTypeInfo{DType::boolean, "bool", "boolean", 1},
};

const DTypeInfo& info(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

template <class T>
bool is_whole_in(double value) {
  // The highest int64 is no double; the number after it is.
  constexpr double kEnd = static_cast<double>(std::numeric_limits<T>::max() / 2 + 1) * 2;
  return value >= static_cast<double>(std::numeric_limits<T>::min()) && value < kEnd &&
         std::trunc(value) == value;
}

}  // namespace

std::string_view dtype_name(DType dtype) { return info(dtype).name; }

std::size_t dtype_size(DType dtype) { return info(dtype).size; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const auto& each : kDTypes) {
    if (name == each.name || name == each.short_name) return each.dtype;
  }
  return std::nullopt;
}

bool is_floating(DType dtype) {
  return dtype == DType::float32 || dtype == DType::float64 || dtype == DType::float16 ||
         dtype == DType::bfloat16;
}

bool is_integer(DType dtype) { return !is_floating(dtype) && dtype != DType::boolean; }

DType storage_dtype(DType dtype) {
  return dtype == DType::float16 || dtype == DType::bfloat16 ? DType::float32 : dtype;
}

std::size_t element_count(std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const auto dim : shape) count *= static_cast<std::size_t>(dim);
  return count;
}

bool is_possible(std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const auto dim : shape) {
    if (dim == kVariableDim) continue;
    if (dim < 0 || (dim > 0 && count > kMostValues / static_cast<std::size_t>(dim))) return false;
    count *= static_cast<std::size_t>(dim);
  }
  return true;
}

bool holds(DType dtype, double value) {
  constexpr double kLargestFloat16 = 65504;
  switch (dtype) {
    case DType::int64: return is_whole_in<std::int64_t>(value);
    case DType::int32: return is_whole_in<std::int32_t>(value);
    case DType::int16: return is_whole_in<std::int16_t>(value);
    case DType::int8: return is_whole_in<std::int8_t>(value);
    case DType::uint8: return is_whole_in<std::uint8_t>(value);
    case DType::boolean: return value == 0 || value == 1;
    case DType::float64: return true;
    case DType::float16: return !std::isfinite(value) || std::abs(value) <= kLargestFloat16;
    case DType::float32:
    case DType::bfloat16:
      return !std::isfinite(value) ||
             std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max());
  }
  return false;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const auto dim : shape) {
    if (text.size() > 1) text += ',';
    text += dim == kVariableDim ? "*" : std::to_string(dim);
  }
  return text + "]";
}

bool TensorSpec::has_variable_dims() const { return std::ranges::find(shape, kVariableDim) != shape.end(); }

std::shared_ptr<std::byte[]> allocate_tensor_bytes(std::size_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  auto* memory = static_cast<std::byte*>(::operator new[](bytes == 0 ? 1 : bytes, kAlignment));
  return {memory, [](std::byte* p) { ::operator delete[](p, kAlignment); }};
}

}  // namespace infer
