// Writes a predicted chunk as rows of the output, one per record, in input order.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/choices.hpp"
#include "encoder/output_format.hpp"
#include "record/encoded_chunk.hpp"
#include "record/predicted_chunk.hpp"
#include "record/signature.hpp"
#include "row_key/repeat_cache.hpp"

namespace infer {

struct EncoderConfig {
  RowConfig rows;
  const OutputFormat* format = &output_format("");  ///< never null
  OnError on_error = OnError::record;
  bool collect_errors = false;                          ///< fill EncodedChunk::errors
  std::vector<std::string> file_names;                  ///< by ChunkRange::file
  std::function<std::string(std::string_view)> pack{};  ///< a chunk's rows; empty: they stay as they are
  bool leaves_packing = false;                          ///< to the writer, of every chunk
  bool with_keys = false;                               ///< fill EncodedChunk::keys
  std::shared_ptr<RepeatCache> cache{};                 ///< gets what good rows have
};

/// Pure, thread-safe. Requires outputs that check_outputs() accepts; throws RunError else.
EncodedChunk encode_chunk(const PredictedChunk& chunk, const EncoderConfig& config);

/// Throws UsageError with the remedy when the task cannot be done with such outputs.
void check_outputs(std::span<const NamedTensor> outputs, const ResultSpec& result);

}  // namespace infer
