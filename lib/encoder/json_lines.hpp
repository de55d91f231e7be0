// Rows of JSON Lines: copied fields, what the task gives, and what went wrong. Internal to the encoder.
#pragma once

#include "encoder/output_format.hpp"
#include "record/encoded_chunk.hpp"

namespace infer::detail {

/// Appends `"code":...,"message":...,"file":...,"line":...,"offset":...`.
void append_failure(StampedText& out, const RowFailure& failure);

}  // namespace infer::detail
