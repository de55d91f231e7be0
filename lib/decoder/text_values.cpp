#include "decoder/text_values.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace infer::detail {
namespace {

template <class T>
void append_as(std::span<const std::uint32_t> values, Column& column) {
  column.begins.push_back(column.values.size());
  if (column.rank > 0) column.dims.push_back(static_cast<std::int64_t>(values.size()));
  column.values.resize(column.values.size() + values.size() * sizeof(T));
  auto* target = column.values.data() + column.begins.back();
  for (const auto value : values) {
    const auto item = static_cast<T>(value);
    std::memcpy(target, &item, sizeof item);
    target += sizeof item;
  }
}

void append_values(DType dtype, std::span<const std::uint32_t> values, Column& column) {
  INFER_ASSERT(dtype == DType::int64 || dtype == DType::int32);
  dtype == DType::int64 ? append_as<std::int64_t>(values, column) : append_as<std::int32_t>(values, column);
}

}  // namespace

TextValues::TextValues(const Signature& signature, std::shared_ptr<const Tokenizer> tokenizer)
    : inputs_(signature.inputs),
      sources_(signature.sources),
      text_(signature.text.value()),
      with_places_(traits(signature.result.task).has_places),
      tokenizer_(std::move(tokenizer)),
      fields_(text_.fields.size()) {
  INFER_ASSERT(tokenizer_ != nullptr);
  INFER_ASSERT(text_.prompt.empty() || !with_places_);  // places are those of the record's own text
}

void TextValues::begin_record() { std::ranges::fill(fields_, Field{}); }

void TextValues::take(JsonValue value, std::size_t field) {
  auto& taken = fields_[field];
  taken = {};
  std::string_view text;
  const auto code = value.get_string().get(text);
  if (!code) {
    taken.text = text;
  } else if (code == simdjson::INCORRECT_TYPE) {
    taken.error = {RecordErrorCode::wrong_type, "field \"" + join_json_path(text_.fields[field]) +
                                                    "\": expected a string, found " + kind_of(value)};
  } else {
    taken.error = invalid_json(code);
  }
}

std::optional<RecordError> TextValues::check_fields() const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].error) return fields_[i].error;
    if (!fields_[i].text) return missing_field(text_.fields[i]);
  }
  return std::nullopt;
}

std::optional<RecordError> TextValues::append(std::span<Column> columns, TextTable& texts, ChunkWork& work) {
  if (auto error = check_fields()) return error;
  const auto pair = fields_.size() > 1 ? fields_[1].text : std::nullopt;
  if (auto refusal = tokenizer_->encode(prompted_text(), pair, tokens_)) {
    return RecordError{RecordErrorCode::tokenizer_error, "the tokenizer refused the text: " + *refusal};
  }
  if (auto error = check_tokens()) return error;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (sources_[i].tokens) append_values(inputs_[i].dtype, values_of(*sources_[i].tokens), columns[i]);
  }
  if (with_places_) keep_places(texts);
  work.tokens += tokens_.ids().size();
  if (tokens_.truncated()) ++work.truncated;
  return std::nullopt;
}

std::string_view TextValues::prompted_text() {
  if (text_.prompt.empty()) return *fields_[0].text;
  prompted_.assign(text_.prompt).append(*fields_[0].text);
  return prompted_;
}

std::optional<RecordError> TextValues::check_tokens() const {
  const auto length = tokens_.ids().size();
  if (length == 0) return RecordError{RecordErrorCode::tokenizer_error, "the text has no tokens"};
  if (length > text_.max_length) {
    return RecordError{RecordErrorCode::too_long,
                       "the text has " + std::to_string(length) + " tokens, more than the " +
                           std::to_string(text_.max_length) + " allowed; --truncate yes cuts it"};
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (sources_[i].tokens != TokenPart::ids || !inputs_[i].range) continue;
    const auto highest = std::ranges::max(tokens_.ids());
    if (highest <= inputs_[i].range->high) continue;
    return RecordError{RecordErrorCode::out_of_range,
                       "the tokenizer gave id " + std::to_string(highest) + ", but the model has ids up to " +
                           std::to_string(inputs_[i].range->high) +
                           ": the tokenizer and the model do not belong together"};
  }
  return std::nullopt;
}

std::span<const std::uint32_t> TextValues::values_of(TokenPart part) {
  if (part == TokenPart::ids) return tokens_.ids();
  if (part == TokenPart::types) return tokens_.types();
  const auto length = tokens_.ids().size();
  if (part == TokenPart::count) {
    count_ = static_cast<std::uint32_t>(length);
    return {&count_, 1};
  }
  if (ones_.size() < length) ones_.resize(length, 1);
  return std::span(ones_).first(length);
}

void TextValues::keep_places(TextTable& texts) const {
  TextTable::Entry entry{texts.texts.size(), fields_[0].text->size(), texts.places.size(), 0};
  texts.texts += *fields_[0].text;
  const auto spans = tokens_.spans();
  for (std::size_t token = 0; token < spans.size(); ++token) {
    if (spans[token].special) continue;
    texts.places.push_back({static_cast<std::uint32_t>(token), spans[token].begin, spans[token].end});
  }
  entry.places_size = texts.places.size() - entry.places_begin;
  texts.entries.push_back(entry);
}

}  // namespace infer::detail
