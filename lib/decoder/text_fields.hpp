// The kind of input field that holds a text or a pair of them: tokens become columns. Internal to the
// decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/field_reader.hpp"
#include "record/decoded_chunk.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

class TextFields final : public FieldReader {
 public:
  /// `signature.text` must be set.
  TextFields(const Signature& signature, std::shared_ptr<const Tokenizer> tokenizer);

  std::span<const JsonPath> paths() const override { return text_.fields; }

  std::optional<RecordError> take(simdjson::ondemand::value value, std::size_t field,
                                  DecodedChunk& chunk) override;

  bool take_plain(const PlainValue& value, std::size_t field, DecodedChunk& chunk) override;

  void add_to(KeyDigest& digest, const DecodedChunk& chunk) const override;

  /// Appends to each token column and counts the chunk's tokens; keeps the text for tasks that point into it.
  /// On an error the chunk is as it was.
  std::optional<RecordError> append(DecodedChunk& chunk) override;

 private:
  std::string_view prompted_text();
  std::optional<RecordError> check_tokens() const;
  std::span<const std::uint32_t> values_of(TokenPart part);
  void keep_places(TextTable& texts) const;

  std::vector<TensorSpec> inputs_;
  std::vector<InputSource> sources_;
  TextSpec text_;
  bool with_places_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  TokenBuffer tokens_;
  std::string prompted_;                 // the last text behind its prompt
  std::uint32_t count_ = 0;              // of the last text's tokens
  std::vector<std::uint32_t> ones_;      // the longest mask so far
  std::vector<std::string_view> texts_;  // of the record under way
};

}  // namespace infer::detail
