#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "batcher/batcher.hpp"

namespace infer {
namespace {

Shape batch_shape(const Column& column, std::span<const std::size_t> examples) {
  Shape shape(column.rank + 1, 0);
  shape[0] = static_cast<std::int64_t>(examples.size());
  for (const auto example : examples) {
    const auto dims = column.shape(example);
    for (std::size_t d = 0; d < dims.size(); ++d) shape[d + 1] = std::max(shape[d + 1], dims[d]);
  }
  return shape;
}

template <class T>
void fill_as(std::span<std::byte> bytes, double value) {
  const auto item = static_cast<T>(value);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T))
    std::memcpy(bytes.data() + at, &item, sizeof(T));
}

void fill(std::span<std::byte> bytes, DType dtype, double value) {
  switch (dtype) {
    case DType::float64: return fill_as<double>(bytes, value);
    case DType::int64: return fill_as<std::int64_t>(bytes, value);
    case DType::int32: return fill_as<std::int32_t>(bytes, value);
    case DType::int16: return fill_as<std::int16_t>(bytes, value);
    case DType::int8: return fill_as<std::int8_t>(bytes, value);
    case DType::uint8:
    case DType::boolean: return fill_as<std::uint8_t>(bytes, value);
    default: return fill_as<float>(bytes, value);
  }
}

/// Copies one example of shape `dims` into the upper corner of a slot of shape `slot`; both row-major.
void copy_corner(std::byte* target, std::span<const std::int64_t> slot, const std::byte* source,
                 std::span<const std::int64_t> dims, std::size_t item) {
  if (dims.empty() || std::ranges::equal(slot.subspan(1), dims.subspan(1))) {
    const auto bytes = element_count(dims) * item;
    if (bytes > 0) std::memcpy(target, source, bytes);
    return;
  }
  const auto slot_stride = element_count(slot.subspan(1)) * item;
  const auto source_stride = element_count(dims.subspan(1)) * item;
  for (std::int64_t i = 0; i < dims[0]; ++i) {
    copy_corner(target, slot.subspan(1), source, dims.subspan(1), item);
    target += slot_stride;
    source += source_stride;
  }
}

void round_lengths(Shape& batch, const TensorSpec& spec, const ShapeRounding& rounding) {
  for (std::size_t d = 0; spec.pad && d < spec.shape.size(); ++d) {
    if (spec.shape[d] != kVariableDim) continue;
    batch[d + 1] =
        static_cast<std::int64_t>(rounded_length(static_cast<std::uint64_t>(batch[d + 1]), rounding));
  }
}

HostTensor collate_input(const TensorSpec& spec, const Column& column, std::span<const std::size_t> examples,
                         const ShapeRounding& rounding) {
  const auto dtype = storage_dtype(spec.dtype);
  const auto item = dtype_size(dtype);
  auto shape = batch_shape(column, examples);
  round_lengths(shape, spec, rounding);
  const std::span<const std::int64_t> slot = std::span(shape).subspan(1);
  const auto slot_bytes = element_count(slot) * item;
  auto memory = allocate_tensor_bytes(slot_bytes * examples.size());
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto dims = column.shape(examples[i]);
    auto* target = memory.get() + i * slot_bytes;
    if (!std::ranges::equal(slot, dims)) {
      INFER_ASSERT(spec.pad.has_value());
      fill({target, slot_bytes}, dtype, *spec.pad);
    }
    copy_corner(target, slot, column.values.data() + column.begins[examples[i]], dims, item);
  }
  const std::span<const std::byte> bytes(memory.get(), slot_bytes * examples.size());
  return {dtype, std::move(shape), std::move(memory), bytes};
}

std::int64_t packed_length(const Column& column, std::span<const std::size_t> examples) {
  std::size_t values = 0;
  for (const auto example : examples) values += element_count(column.shape(example));
  return static_cast<std::int64_t>((values + kPackUnit - 1) / kPackUnit * kPackUnit);
}

HostTensor collate_packed(const TensorSpec& spec, const Column& column,
                          std::span<const std::size_t> examples) {
  INFER_ASSERT(column.rank == 1 && spec.pad.has_value());
  const auto dtype = storage_dtype(spec.dtype);
  const auto item = dtype_size(dtype);
  const Shape shape{packed_length(column, examples)};
  auto memory = allocate_tensor_bytes(element_count(shape) * item);
  std::span<std::byte> room(memory.get(), element_count(shape) * item);
  const std::span<const std::byte> bytes = room;
  for (const auto example : examples) {
    const auto size = element_count(column.shape(example)) * item;
    if (size > 0) std::memcpy(room.data(), column.values.data() + column.begins[example], size);
    room = room.subspan(size);
  }
  fill(room, dtype, *spec.pad);
  return {dtype, shape, std::move(memory), bytes};
}

}  // namespace

std::vector<HostTensor> collate(std::span<const TensorSpec> specs, std::span<const Column> columns,
                                std::span<const std::size_t> examples, const ShapeRounding& rounding) {
  std::vector<HostTensor> tensors;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    tensors.push_back(specs[i].packed ? collate_packed(specs[i], columns[i], examples)
                                      : collate_input(specs[i], columns[i], examples, rounding));
  }
  return tensors;
}

}  // namespace infer
