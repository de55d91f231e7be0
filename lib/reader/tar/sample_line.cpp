#include "reader/tar/sample_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/error.hpp"
#include "json/base64.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == kNone) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// As JSON spells it, and of 64 bits.
bool is_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end && text == std::to_string(value);
}

void append_class(std::string& out, std::string_view content) {
  const auto text = trimmed(content);
  if (is_whole_number(text)) {
    out += text;
  } else {
    append_raw_json_string(out, text);
  }
}

void append_field(std::string& out, std::string_view name, std::string_view json) {
  if (json.empty()) return;
  out.append(",\"").append(name).append("\":").append(json);
}

}  // namespace

std::optional<SampleName> sample_name(std::string_view member) {
  while (member.starts_with("./")) member.remove_prefix(2);
  const auto slash = member.rfind('/');
  const auto base = slash == kNone ? 0 : slash + 1;
  const auto dot = member.find('.', base);
  if (dot == kNone || dot == base) return std::nullopt;
  SampleName name{std::string(member.substr(0, dot)), std::string(member.substr(dot + 1))};
  std::ranges::transform(name.ending, name.ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return name;
}

SampleField sample_field(std::string_view ending) {
  using enum SampleField;
  using Known = std::pair<std::string_view, SampleField>;
  constexpr std::array kFields{Known{"jpg", image},  Known{"jpeg", image}, Known{"png", image},
                               Known{"webp", image}, Known{"cls", cls},    Known{"json", json},
                               Known{"txt", txt}};
  const auto* const found = std::ranges::find(kFields, ending, &Known::first);
  return found == kFields.end() ? none : found->second;
}

void SampleLine::begin(std::string key) { key_ = std::move(key); }

std::size_t SampleLine::wanted_bytes(SampleField field, const TarMember& member) const {
  if (field == SampleField::none || (field == SampleField::image && !path_.empty())) return 0;
  const auto used = image_.size() + cls_.size() + json_.size() + txt_.size();
  const auto room = used > max_record_bytes_ ? 0 : max_record_bytes_ - used + 1;
  return static_cast<std::size_t>(std::min<std::uint64_t>(member.header.size, room));
}

std::string* SampleLine::place_of(SampleField field) {
  switch (field) {
    case SampleField::image: return &image_;
    case SampleField::cls: return &cls_;
    case SampleField::json: return &json_;
    case SampleField::txt: return &txt_;
    case SampleField::none: break;
  }
  return nullptr;
}

SampleLine::Outcome SampleLine::put(SampleField field, const TarMember& member, std::string_view content) {
  auto* const place = place_of(field);
  INFER_ASSERT(place != nullptr && key_);
  if (!place->empty()) {
    is_ambiguous_ = true;
    return Outcome::ambiguous;
  }
  return append(field, member, content, *place) ? Outcome::taken : Outcome::no_json;
}

/// Of what was cut off for being too long all bytes are written, so that the line is too long as well.
bool SampleLine::append(SampleField field, const TarMember& member, std::string_view content,
                        std::string& to) {
  if (field == SampleField::image) {
    append_image(member, content, to);
  } else if (field == SampleField::txt || content.size() < member.header.size) {
    append_raw_json_string(to, content);
  } else if (field == SampleField::cls) {
    append_class(to, content);
  } else {
    return append_json(content, to);
  }
  return true;
}

void SampleLine::append_image(const TarMember& member, std::string_view content, std::string& to) const {
  if (path_.empty()) {
    to += "{\"bytes\":\"";
    append_base64(to, as_byte_view(content));
    to += "\"}";
    return;
  }
  to += "{\"path\":";
  append_raw_json_string(to, path_);
  to += ",\"offset\":" + std::to_string(member.offset) + ",\"size\":" + std::to_string(member.header.size) +
        '}';
}

/// On one line: what breaks it stands between values.
bool SampleLine::append_json(std::string_view content, std::string& to) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  if (!check_.accepts(content)) return false;
  to += trimmed(content);
  std::ranges::replace(to, '\n', ' ');
  std::ranges::replace(to, '\r', ' ');
  return true;
}

void SampleLine::take(std::string& out) {
  if (key_) {
    out += "{\"id\":";
    append_raw_json_string(out, *key_);
    append_field(out, "image", is_ambiguous_ ? std::string_view() : image_);
    append_field(out, "cls", cls_);
    append_field(out, "json", json_);
    append_field(out, "txt", txt_);
    out += "}\n";
  }
  key_.reset();
  is_ambiguous_ = false;
  for (auto* const text : {&image_, &cls_, &json_, &txt_}) text->clear();
}

}  // namespace infer
