#include "worker/cut_chunk.hpp"

#include <algorithm>
#include <utility>

namespace infer::detail {
namespace {

std::vector<std::size_t> first_rows_of(const RowTable& table, std::size_t examples) {
  std::vector<std::size_t> first(examples);
  for (std::size_t row = table.rows.size(); row-- > 0;) {
    if (table.rows[row].has_example()) first[table.rows[row].example] = row;
  }
  return first;
}

}  // namespace

CutChunk::CutChunk(DecodedChunk decoded, const Signature& its_signature, const BatchLimits& limits,
                   std::optional<std::uint64_t> its_seed)
    : chunk(std::move(decoded)),
      signature(its_signature),
      cut_by(limits),
      seed(its_seed),
      first_rows(first_rows_of(chunk.table, chunk.examples)),
      sizes(measure_examples(signature.inputs, chunk.inputs, chunk.examples)),
      batches(cut_batches(sizes, limits)) {
  for (const auto& spec : signature.inputs) dtypes.push_back(spec.dtype);
}

void CutChunk::spread_errors() {
  for (auto& row : chunk.table.rows) {
    if (row.has_example()) row.error = row_of(row.example).error;
  }
}

std::uint64_t CutChunk::elements() const {
  std::uint64_t count = 0;
  for (const auto& column : chunk.inputs) {
    for (std::size_t example = 0; example < column.size(); ++example)
      count += element_count(column.shape(example));
  }
  return count;
}

/// Inputs of fixed shape have no lengths.
ChunkAccount CutChunk::sizes_met(std::span<const BatchOutputs> taken) const {
  ChunkAccount met;
  for (const auto& size : sizes) {
    if (size.length > 0) met.lengths.add(size.length);
  }
  for (const auto& batch : taken) {
    std::uint64_t longest = 0;
    for (const auto example : batch.examples) longest = std::max(longest, sizes[example].length);
    met.batch_rows.add(batch.examples.size());
    if (longest > 0) met.batch_lengths.add(longest);
  }
  return met;
}

}  // namespace infer::detail
