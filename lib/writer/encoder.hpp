// Writes a predicted chunk as JSONL text: one row per record, in input order.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "record/encoded_chunk.hpp"
#include "record/predicted_chunk.hpp"
#include "writer/json_text.hpp"

namespace infer {

enum class Task { outputs, classification };
enum class OnError { record, skip, fail };

struct EncoderConfig {
  Task task = Task::outputs;
  std::vector<std::string> labels;  ///< class names; empty: the class's number is the label
  std::size_t top_k = 1;
  NonFinite non_finite = NonFinite::null;
  OnError on_error = OnError::record;
  bool collect_errors = false;          ///< fill EncodedChunk::errors
  std::vector<std::string> file_names;  ///< by ChunkRange::file
};

/// Pure, thread-safe. Requires outputs that check_outputs() accepts; throws RunError else.
EncodedChunk encode_chunk(const PredictedChunk& chunk, const EncoderConfig& config);

/// Throws UsageError with the remedy when the task cannot be done with such outputs.
void check_outputs(std::span<const NamedTensor> outputs, const EncoderConfig& config);

}  // namespace infer
