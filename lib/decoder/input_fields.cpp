#include "decoder/input_fields.hpp"

#include <utility>

#include "decoder/json_values.hpp"

namespace infer::detail {

InputFields::InputFields(FieldReaders readers, DecodedChunk& chunk)
    : readers_(std::move(readers)), chunk_(chunk) {
  for (const auto& reader : readers_) {
    for (std::size_t i = 0; i < reader->paths().size(); ++i)
      fields_.push_back({.reader = reader.get(), .place = i});
  }
}

std::vector<JsonPath> InputFields::paths() const {
  std::vector<JsonPath> paths;
  for (const auto& field : fields_) paths.push_back(field.reader->paths()[field.place]);
  return paths;
}

void InputFields::begin_record() {
  forgave_ = false;
  for (auto& field : fields_) {
    field.came = false;
    field.error.reset();
  }
}

void InputFields::take(JsonValue value, std::size_t number) {
  auto& field = fields_[number];
  forgave_ |= field.error.has_value();
  field.came = true;
  field.error = field.reader->take(value, field.place, chunk_);
}

bool InputFields::take_plain(const PlainValue& value, std::size_t number) {
  auto& field = fields_[number];
  field.came |= field.reader->take_plain(value, field.place, chunk_);
  return field.came;
}

std::optional<RecordError> InputFields::check() const {
  for (const auto& field : fields_) {
    if (field.error) return field.error;
    if (!field.came) return missing_field(field.reader->paths()[field.place]);
  }
  return std::nullopt;
}

std::optional<RecordError> InputFields::fetch() {
  if (auto error = check()) return error;
  for (const auto& reader : readers_) {
    if (auto error = reader->fetch(chunk_)) return error;
  }
  return std::nullopt;
}

void InputFields::add_to(KeyDigest& digest) const {
  for (const auto& reader : readers_) reader->add_to(digest, chunk_);
}

std::optional<RecordError> InputFields::append() {
  for (const auto& reader : readers_) {
    if (auto error = reader->append(chunk_)) return error;
  }
  return std::nullopt;
}

}  // namespace infer::detail
