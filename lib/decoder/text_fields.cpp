#include "decoder/text_fields.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "decoder/json_values.hpp"

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

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

/// What looks like a number, a list or a truth value is a text as it stands. False for null.
bool take_cell(JsonValue value, std::string_view& text) {
  od::array list;
  if (!value.get_array().get(list)) return !list.raw_json().get(text);
  text = first_word(value);
  if (text == "null") return false;
  return !value.get_bool().error() || !value.get_double().error();
}

}  // namespace

TextFields::TextFields(const Signature& signature, std::shared_ptr<const Tokenizer> tokenizer)
    : inputs_(signature.inputs),
      sources_(signature.sources),
      text_(signature.text.value()),
      with_places_(traits(signature.result.task).has_places),
      tokenizer_(std::move(tokenizer)),
      texts_(text_.fields.size()) {
  INFER_ASSERT(tokenizer_ != nullptr);
  INFER_ASSERT(text_.prompt.empty() || !with_places_);  // places are those of the record's own text
}

std::optional<RecordError> TextFields::take(JsonValue value, std::size_t field, DecodedChunk& chunk) {
  const auto code = value.get_string().get(texts_[field]);
  if (!code) return std::nullopt;
  if (chunk.has_cells && take_cell(value, texts_[field])) return std::nullopt;
  if (code != simdjson::INCORRECT_TYPE) return invalid_json(code);
  return RecordError{RecordErrorCode::wrong_type, "field \"" + join_json_path(text_.fields[field]) +
                                                      "\": expected a string, found " + kind_of(value)};
}

bool TextFields::take_plain(const PlainValue& value, std::size_t field, DecodedChunk& /*chunk*/) {
  if (value.kind == PlainKind::text) texts_[field] = value.text();
  return value.kind == PlainKind::text;
}

void TextFields::add_to(KeyDigest& digest, const DecodedChunk& /*chunk*/) const {
  for (const auto text : texts_) digest.add(text);
}

std::optional<RecordError> TextFields::append(DecodedChunk& chunk) {
  const auto pair = texts_.size() > 1 ? std::optional(texts_[1]) : std::nullopt;
  if (auto refusal = tokenizer_->encode(prompted_text(), pair, tokens_)) {
    return RecordError{RecordErrorCode::tokenizer_error, "the tokenizer refused the text: " + *refusal};
  }
  if (auto error = check_tokens()) return error;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (sources_[i].tokens) append_values(inputs_[i].dtype, values_of(*sources_[i].tokens), chunk.inputs[i]);
  }
  if (with_places_) keep_places(chunk.texts);
  chunk.work.tokens += tokens_.ids().size();
  if (tokens_.truncated()) ++chunk.work.truncated;
  return std::nullopt;
}

std::string_view TextFields::prompted_text() {
  if (text_.prompt.empty()) return texts_[0];
  prompted_.assign(text_.prompt).append(texts_[0]);
  return prompted_;
}

std::optional<RecordError> TextFields::check_tokens() const {
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

std::span<const std::uint32_t> TextFields::values_of(TokenPart part) {
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

void TextFields::keep_places(TextTable& texts) const {
  TextTable::Entry entry{texts.texts.size(), texts_[0].size(), texts.places.size(), 0};
  texts.texts += texts_[0];
  const auto spans = tokens_.spans();
  for (std::size_t token = 0; token < spans.size(); ++token) {
    if (spans[token].special) continue;
    texts.places.push_back({static_cast<std::uint32_t>(token), spans[token].begin, spans[token].end});
  }
  entry.places_size = texts.places.size() - entry.places_begin;
  texts.entries.push_back(entry);
}

}  // namespace infer::detail
