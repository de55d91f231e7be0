// How a rank scores records for one output: with one model, as rows of one kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "batcher/batcher.hpp"
#include "decoder/decoder.hpp"
#include "encoder/encoder.hpp"
#include "reader/tables/table_reader.hpp"
#include "record/signature.hpp"

namespace infer {

struct ScoringConfig {
  Signature signature;
  DecoderConfig decoder;
  Columns columns;  ///< of table files, those that the decoder looks at
  BatchLimits batch;
  std::optional<std::uint64_t> seed;  ///< of what the model draws
  EncoderConfig encoder;
  std::uint64_t first_chunk = 0;  ///< the output has those before it
  // Which scoring of the run, itself mostly, by position:
  std::size_t decoded_as = 0;   ///< whose decoder's chunks it takes
  std::size_t runs_beside = 0;  ///< in whose runners' threads its model runs, in turn with that one's
};

}  // namespace infer
