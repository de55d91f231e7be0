// Turns a record's text, or pair of texts, into the token columns of an example. Internal to the decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "decoder/tensor_values.hpp"
#include "record/decoded_chunk.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

class TextValues {
 public:
  /// `signature.text` must be set.
  TextValues(const Signature& signature, std::shared_ptr<const Tokenizer> tokenizer);

  /// Forgets the texts of the last record.
  void begin_record();

  /// Takes text `field` of the record under way. The text must stay where it is until append(), which
  /// simdjson's parser grants until its next document.
  void take(JsonValue value, std::size_t field);

  /// Whether text `field` was there, but no good string.
  bool refused(std::size_t field) const { return fields_[field].error.has_value(); }

  /// Makes one example of the texts taken: appends to each token column and counts in `work`; fills `texts`
  /// for tasks that point into the text. On an error the columns are as they were.
  std::optional<RecordError> append(std::span<Column> columns, TextTable& texts, ChunkWork& work);

 private:
  struct Field {
    std::optional<std::string_view> text;
    std::optional<RecordError> error;
  };

  std::optional<RecordError> check_fields() const;
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
  std::string prompted_;             // the last text behind its prompt
  std::uint32_t count_ = 0;          // of the last text's tokens
  std::vector<std::uint32_t> ones_;  // the longest mask so far
  std::vector<Field> fields_;
};

}  // namespace infer::detail
