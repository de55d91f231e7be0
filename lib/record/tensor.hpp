// Tensors as plain data: element types, what a model wants (TensorSpec) and values in host memory
// (HostTensor).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace infer {

enum class DType : std::uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int64,
  int32,
  int16,
  int8,
  uint8,
  boolean
};

/// PyTorch's names: "float32", "int64", "bool", ...
std::string_view dtype_name(DType dtype);
/// Accepts PyTorch's names and the short ones (f32, i64, ...). Empty when unknown.
std::optional<DType> dtype_from_name(std::string_view name);
/// Bytes per element.
std::size_t dtype_size(DType dtype);
bool is_floating(DType dtype);
bool is_integer(DType dtype);
/// The type in which values are kept on the host until the model: float32 for half precision.
DType storage_dtype(DType dtype);

using Shape = std::vector<std::int64_t>;

/// Product of the dimensions; 1 for a scalar.
std::size_t element_count(std::span<const std::int64_t> shape);
/// "[3,224,224]"; a variable dimension prints as "*".
std::string shape_text(std::span<const std::int64_t> shape);

constexpr std::int64_t kVariableDim = -1;

/// A shape may have so many values per record: more than any record holds, and far from overflow in bytes.
constexpr std::size_t kMostValues = std::size_t{1} << 32U;

/// Whether the fixed dimensions make at most kMostValues; variable ones count as 1.
bool is_possible(std::span<const std::int64_t> shape);

/// Whether a value of this type can be `value`; for whole numbers exactly.
bool holds(DType dtype, double value);

/// Inclusive bounds of the values of an index-like input.
struct ValueRange {
  std::int64_t low = 0;
  std::int64_t high = 0;

  bool operator==(const ValueRange&) const = default;
};

/// One input of a model. `shape` is per record, without the batch dimension.
struct TensorSpec {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
  std::optional<ValueRange> range;
  std::optional<double> pad;  ///< value that fills shorter records; none: only equal shapes share a batch
  bool guessed = false;  ///< a float type for whole numbers: one that it does not hold exactly is an error
  bool packed = false;   ///< records of a batch follow one another in the first dimension, without a batch's

  bool has_variable_dims() const;
  bool operator==(const TensorSpec&) const = default;
};

/// Values in row-major order. The bytes are shared and never written after construction, so that a tensor
/// of LibTorch can be handed over without a copy; `owner` keeps them alive.
struct HostTensor {
  DType dtype = DType::float32;
  Shape shape;
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

/// Uninitialised memory for a tensor, aligned to 64 bytes: vector code paths, and with them the last bit of
/// a sum, must not depend on where a buffer happens to lie.
std::shared_ptr<std::byte[]> allocate_tensor_bytes(std::size_t bytes);

}  // namespace infer
