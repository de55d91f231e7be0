// Fields of a record that came beside its text, as numbers or bytes: what cannot be taken as it is becomes
// JSON, so that all that is to be said of a value is said in one place. Internal to the decoder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/input_fields.hpp"
#include "record/chunk.hpp"

namespace infer::detail {

/// Thread-compatible.
class PlainFields {
 public:
  /// `inputs` must outlive this.
  explicit PlainFields(InputFields& inputs) : inputs_(inputs) {}

  void begin_chunk(const RawChunk& chunk);

  /// Takes what a record of the chunk has. Returns what is to be read of it besides: its text, with what was
  /// not taken; valid until the next call, with kTailPadding bytes behind it.
  std::string_view take(const RawChunk& chunk, const RawRecord& record);

 private:
  InputFields& inputs_;
  std::vector<std::size_t> fields_;  // per column of the chunk
  std::string text_;
};

}  // namespace infer::detail
