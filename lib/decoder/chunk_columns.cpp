#include "decoder/chunk_columns.hpp"

#include <algorithm>

namespace infer::detail {
namespace {

/// Of the chunk's examples; nothing for variable dimensions. A shape may promise more than the text can hold.
std::size_t expected_bytes(const TensorSpec& spec, const RawChunk& chunk) {
  if (spec.has_variable_dims() || chunk.records.empty()) return 0;
  constexpr std::size_t kTextPerValue = 2;  // "0,"; values that are no JSON have more
  auto bytes = chunk.buffer.size();
  for (const auto& column : chunk.plain) bytes += column.values.size();
  const auto most = bytes / kTextPerValue / chunk.records.size() + 1;
  const auto values = std::min(element_count(spec.shape), most) * chunk.records.size();
  return values * dtype_size(storage_dtype(spec.dtype));
}

}  // namespace

std::vector<Column> make_columns(std::span<const TensorSpec> inputs, const RawChunk& chunk) {
  std::vector<Column> columns;
  for (const auto& spec : inputs) {
    Column column;
    column.rank = spec.shape.size();
    column.values.reserve(expected_bytes(spec, chunk));
    columns.push_back(std::move(column));
  }
  return columns;
}

void truncate(Column& column, std::size_t examples) {
  if (column.size() <= examples) return;
  column.values.resize(column.begins[examples]);
  column.begins.resize(examples);
  column.dims.resize(examples * column.rank);
}

void drop_incomplete(DecodedChunk& chunk) {
  for (auto& column : chunk.inputs) truncate(column, chunk.examples);
}

}  // namespace infer::detail
