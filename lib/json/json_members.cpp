#include "json/json_members.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::size_t kEscapeSize = 6;  // \u00e9

/// Behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
    INFER_ASSERT(at + 1 < text.size());
  }
  return at + 1;
}

/// Behind the object or list that begins at `at`.
std::size_t container_end(std::string_view text, std::size_t at) {
  for (std::size_t depth = 0;;) {
    INFER_ASSERT(at < text.size());
    switch (text[at]) {
      case '"': at = string_end(text, at); continue;
      case '[':
      case '{': ++depth; break;
      case ']':
      case '}': --depth; break;
      default: break;
    }
    ++at;
    if (depth == 0) return at;
  }
}

/// memchr() is many times as fast as a loop, and what is long is mostly a list of numbers.
bool has_any(std::string_view text, std::string_view characters) {
  return std::ranges::any_of(characters, [&](char c) { return text.find(c) != std::string_view::npos; });
}

std::size_t value_end(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '[') {
    const auto end = text.find(']');
    INFER_ASSERT(end != std::string_view::npos);
    if (!has_any(text.substr(1, end - 1), "[{\"")) return end + 1;
  }
  if (text[0] == '"') return string_end(text, 0);
  if (text[0] == '[' || text[0] == '{') return container_end(text, 0);
  return std::min(text.find(','), text.size());
}

std::string_view without_space_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_high(std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low(std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

/// Of \uXXXX at the front of `text`; 0 for anything else.
std::uint32_t escaped_code(std::string_view text) {
  std::uint32_t code = 0;
  if (text.size() >= kEscapeSize && text.starts_with("\\u"))
    std::from_chars(text.data() + 2, text.data() + kEscapeSize, code, 16);
  return code;
}

/// Takes \uXXXX off the front of `rest`, or the two that make a surrogate pair.
void append_code(std::string& out, std::string_view& rest) {
  const auto code = escaped_code(rest);
  rest.remove_prefix(std::min(kEscapeSize, rest.size()));
  const auto low = is_high(code) ? escaped_code(rest) : 0;
  if (is_low(low)) {
    rest.remove_prefix(kEscapeSize);
    return append_utf8(out, 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00));
  }
  append_utf8(out, is_high(code) || is_low(code) ? kReplacement : code);
}

char escaped_character(char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;  // a quote, a slash, a backslash
  }
}

}  // namespace

std::string_view take_json_value(std::string_view& rest) {
  const auto value = rest.substr(0, value_end(rest));
  const auto comma = rest.find(',', value.size());
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return without_space_behind(value);
}

JsonMember take_json_member(std::string_view& rest) {
  const auto key = rest.substr(0, string_end(rest, 0));
  INFER_ASSERT(key.size() < rest.size() && rest[key.size()] == ':');
  rest.remove_prefix(key.size() + 1);
  return {key, take_json_value(rest)};
}

void append_unescaped(std::string& out, std::string_view quoted) {
  INFER_ASSERT(quoted.size() >= 2);
  auto rest = quoted.substr(1, quoted.size() - 2);
  while (!rest.empty()) {
    const auto plain = rest.substr(0, rest.find('\\'));
    out += plain;
    rest.remove_prefix(plain.size());
    if (rest.starts_with("\\u")) {
      append_code(out, rest);
    } else if (rest.size() >= 2) {
      out += escaped_character(rest[1]);
      rest.remove_prefix(2);
    }
  }
}

}  // namespace infer
