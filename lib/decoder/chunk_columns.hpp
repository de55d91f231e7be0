// The columns of a chunk while records are added to it and taken back. Internal to the decoder.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "record/chunk.hpp"
#include "record/decoded_chunk.hpp"
#include "record/tensor.hpp"

namespace infer::detail {

/// One empty column per input, with room for the chunk's values.
std::vector<Column> make_columns(std::span<const TensorSpec> inputs, const RawChunk& chunk);

/// Keeps the first `examples` of a column.
void truncate(Column& column, std::size_t examples);

/// Keeps the examples that are complete.
void drop_incomplete(DecodedChunk& chunk);

}  // namespace infer::detail
