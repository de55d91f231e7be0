#include "decoder/plain_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/error.hpp"

namespace infer::detail {
namespace {

/// A key of JSON; no name of a column has more than these to escape.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\":";
}

/// As JSON has it, or as Python writes what JSON has not.
template <class T>
void append_number(std::string& text, const std::byte* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::is_floating_point_v<T>) {
    if (value != value) return void(text += "NaN");
    if (value - value != 0) return void(text += value > 0 ? "Infinity" : "-Infinity");
  }
  std::array<char, 32> room{};
  text.append(room.data(), std::to_chars(room.data(), room.data() + room.size(), value).ptr);
}

void append_value(std::string& text, const PlainValue& numbers) {
  const std::size_t step = numbers.kind == PlainKind::float32 ? sizeof(float) : sizeof(double);
  for (std::size_t i = 0; i < numbers.count; ++i) {
    const auto* at = numbers.values + i * step;
    if (i > 0) text += ',';
    switch (numbers.kind) {
      case PlainKind::float32: append_number<float>(text, at); break;
      case PlainKind::float64: append_number<double>(text, at); break;
      case PlainKind::int64: append_number<std::int64_t>(text, at); break;
      case PlainKind::text: INFER_ASSERT(false); break;  // no field refuses one
    }
  }
}

}  // namespace

void PlainFields::begin_chunk(const RawChunk& chunk) {
  fields_.clear();
  const auto paths = inputs_.paths();
  for (const auto& column : chunk.plain) {
    const auto field = std::ranges::find(paths, JsonPath{column.name});
    INFER_ASSERT(field != paths.end());
    fields_.push_back(static_cast<std::size_t>(field - paths.begin()));
  }
}

std::string_view PlainFields::take(const RawChunk& chunk, const RawRecord& record) {
  text_.clear();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto numbers = chunk.plain[i].of(record.number);
    if (numbers.form == PlainForm::in_line || inputs_.take_plain(numbers, fields_[i])) continue;
    text_ += text_.empty() ? '{' : ',';
    text_ += quoted(chunk.plain[i].name);
    if (numbers.form == PlainForm::list) text_ += '[';
    append_value(text_, numbers);
    if (numbers.form == PlainForm::list) text_ += ']';
  }
  const auto own = chunk.text(record);
  if (text_.empty()) return own;
  if (own.size() > std::string_view("{}").size()) text_ += ',';
  text_ += own.substr(1);
  const auto size = text_.size();
  text_.append(kTailPadding, ' ');
  return std::string_view(text_).substr(0, size);
}

}  // namespace infer::detail
