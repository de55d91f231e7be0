// Writes a predicted chunk as text, one JSON row per record, or as rows of a NumPy array; in input order.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/choices.hpp"
#include "record/encoded_chunk.hpp"
#include "record/predicted_chunk.hpp"
#include "record/signature.hpp"

namespace infer {

struct EncoderConfig {
  ResultSpec result;
  std::size_t top_k = 1;
  bool all_scores = false;     ///< every class's score too
  std::optional<DType> array;  ///< embeddings as rows of a .npy file (float32 or float16), not as JSON
  NonFinite non_finite = NonFinite::null;
  OnError on_error = OnError::record;
  bool collect_errors = false;          ///< fill EncodedChunk::errors
  std::vector<std::string> file_names;  ///< by ChunkRange::file
};

/// Pure, thread-safe. Requires outputs that check_outputs() accepts; throws RunError else.
EncodedChunk encode_chunk(const PredictedChunk& chunk, const EncoderConfig& config);

/// Throws UsageError with the remedy when the task cannot be done with such outputs.
void check_outputs(std::span<const NamedTensor> outputs, const ResultSpec& result);

}  // namespace infer
