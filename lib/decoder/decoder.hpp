// Turns the records of a chunk into examples: JSON text to typed values
// and token ids, or to a RecordError.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decoder/field_tree.hpp"
#include "decoder/reuse/row_reuse.hpp"
#include "image/nvjpeg/nvjpeg.hpp"
#include "record/chunk.hpp"
#include "record/decoded_chunk.hpp"
#include "record/image_root.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer {

struct DecoderConfig {
  Signature signature;
  std::shared_ptr<const Tokenizer> tokenizer;  ///< of all decoders of a rank; when the signature has text
  std::vector<std::string> carried;            ///< paths copied to the output row when present, in this order
  std::size_t max_record_bytes = 0;            ///< for the message only; the reader measures
  ImageAccess images{};                        ///< when the signature has pictures
  std::shared_ptr<const Nvjpeg> nvjpeg{};      ///< decodes their JPEGs; null: the processor does
  RowReuse reuse{};
};

/// Thread-compatible: one per thread, because it owns a parser's buffers.
class Decoder {
 public:
  explicit Decoder(DecoderConfig config);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder();

  /// One row per record, in the same order. Never throws for what a record holds. Half-precision inputs
  /// are kept as float32. Rows that are known have no example of their own. Where a record has a key twice,
  /// the last value counts, as in Python.
  DecodedChunk decode(const RawChunk& chunk);
  /// Likewise, without a copy of what is carried where that can be.
  DecodedChunk decode(RawChunk&& chunk);

 private:
  class Assembly;
  std::unique_ptr<Assembly> assembly_;
};

}  // namespace infer
