#include "image/decode/png_text.hpp"

#include <zlib.h>

#include <array>
#include <optional>

namespace infer::detail {
namespace {

using namespace std::string_view_literals;

/// Pillow's limit, against texts that unpack to gigabytes.
constexpr std::size_t kMostTextBytes = std::size_t{1} << 20U;

/// Nothing where the stream is broken or too long.
std::optional<std::string> unpacked(std::string_view packed) {
  std::string text(kMostTextBytes, '\0');
  auto size = static_cast<uLongf>(text.size());
  const auto* source = reinterpret_cast<const Bytef*>(packed.data());
  if (uncompress(reinterpret_cast<Bytef*>(text.data()), &size, source, packed.size()) != Z_OK) {
    return std::nullopt;
  }
  text.resize(size);
  return text;
}

/// The part before the next zero, which `rest` then lies behind; nothing without one.
std::optional<std::string_view> take_part(std::string_view& rest) {
  const auto end = rest.find('\0');
  if (end == rest.npos) return std::nullopt;
  const auto part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return part;
}

/// Of a chunk of this type, behind its keyword; nothing where it is broken.
std::optional<std::string> text_of(std::string_view type, std::string_view rest) {
  if (type != "iTXt") {
    if (type != "zTXt") return std::string(rest);
    return rest.starts_with('\0') ? unpacked(rest.substr(1)) : std::nullopt;
  }
  if (rest.size() < 2) return std::nullopt;
  const bool is_packed = rest[0] != 0;
  const bool is_known = rest[1] == 0;
  rest.remove_prefix(2);
  const bool has_language = take_part(rest) && take_part(rest);
  if (!has_language || (is_packed && !is_known)) return std::nullopt;
  return is_packed ? unpacked(rest) : std::string(rest);
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// "\nexif\n   SIZE\nHEX...", as ImageMagick writes it; nothing where it is anything else.
std::string unpacked_profile(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string bytes;
  std::optional<unsigned> first;
  for (const char c : text) {
    if (c == '\n' || c == ' ' || c == '\t' || c == '\r') continue;
    const auto digit = hex_digit(c);
    if (!digit) return {};
    if (first) bytes += static_cast<char>(*first << 4U | *digit);
    first = first ? std::nullopt : digit;
  }
  return bytes;
}

}  // namespace

void PngTexts::take(std::string_view type, ByteView bytes) {
  const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (type == "eXIf") exif_ = content;
  if (type == "tEXt" || type == "zTXt" || type == "iTXt") take_text(type, content);
}

void PngTexts::take_text(std::string_view type, std::string_view content) {
  const auto keyword = take_part(content);
  if (keyword == "XML:com.adobe.xmp") xmp_ = {type, content};
  if (keyword == "Raw profile type exif") profile_ = {type, content};
  if (keyword == "exif" && type == "tEXt") exif_ = content;
}

Metadata PngTexts::metadata() const {
  Metadata metadata{std::string(exif_), text_of(xmp_.type, xmp_.content).value_or("")};
  if (exif_.empty()) metadata.exif = unpacked_profile(text_of(profile_.type, profile_.content).value_or(""));
  return metadata;
}

}  // namespace infer::detail
