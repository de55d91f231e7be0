#include "json/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "json/float_text.hpp"

namespace infer {
namespace {

template <class T>
void append_chars(std::string& out, T value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

/// For NaN and infinity; shorter than kFloatRoom.
std::string_view non_finite_text(double value, NonFinite policy) {
  if (policy == NonFinite::null) return "null";
  return std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
}

void append_escaped(std::string& out, unsigned char character) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (character) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (character >= 0x20) {
    out += static_cast<char>(character);
    return;
  }
  out += "\\u00";
  out += kHex[character >> 4U];
  out += kHex[character & 0xFU];
}

template <class T>
T load(const std::byte* items, std::size_t index) {
  T value;
  std::memcpy(&value, items + index * sizeof value, sizeof value);
  return value;
}

template <std::integral T>
bool append_item(std::string& out, T value, NonFinite) {
  append_chars(out, value);
  return true;
}

bool append_item(std::string& out, double value, NonFinite policy) {
  const bool finite = std::isfinite(value);
  if (finite) {
    append_chars(out, value);
  } else {
    out += non_finite_text(value, policy);
  }
  return finite;
}

/// A boolean.
bool append_item(std::string& out, std::byte value, NonFinite) {
  out += value != std::byte{0} ? "true" : "false";
  return true;
}

/// With commas between the items. False when one of them is NaN or infinite.
template <class T>
bool append_items(std::string& out, const std::byte* items, std::size_t count, NonFinite policy) {
  bool finite = true;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    finite &= append_item(out, load<T>(items, i), policy);
  }
  return finite;
}

/// What append_items() does, for the type in which most outputs are.
bool append_floats(std::string& out, const std::byte* items, std::size_t count, NonFinite policy) {
  bool finite = true;
  const auto before = out.size();
  out.resize(before + count * kFloatRoom);
  char* to = out.data() + before;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) *to++ = ',';
    const auto value = load<float>(items, i);
    if (std::isfinite(value)) [[likely]] {
      to = write_float(to, value);
    } else {
      finite = false;
      to = std::ranges::copy(non_finite_text(value, policy), to).out;
    }
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return finite;
}

using ItemsWriter = bool (*)(std::string&, const std::byte*, std::size_t, NonFinite);

ItemsWriter items_writer(DType dtype) {
  switch (dtype) {
    case DType::float32: return append_floats;
    case DType::float64: return append_items<double>;
    case DType::int64: return append_items<std::int64_t>;
    case DType::int32: return append_items<std::int32_t>;
    case DType::int16: return append_items<std::int16_t>;
    case DType::int8: return append_items<std::int8_t>;
    case DType::uint8: return append_items<std::uint8_t>;
    case DType::boolean: return append_items<std::byte>;
    case DType::float16:
    case DType::bfloat16: break;
  }
  throw InternalError("half-precision outputs must be converted before they are written");
}

/// How nested lists are written: of what lies at `at` in the shape `whole`, the upper corner of the shape
/// `own`.
struct ListWriter {
  std::string& out;
  ItemsWriter write;
  std::size_t item;
  NonFinite policy;

  bool append(const std::byte* at, std::span<const std::int64_t> whole, std::span<const std::int64_t> own) {
    bool finite = true;
    out += '[';
    if (own.size() == 1) {
      finite = write(out, at, static_cast<std::size_t>(own[0]), policy);
    } else {
      const auto stride = element_count(whole.subspan(1)) * item;
      for (std::int64_t i = 0; i < own[0]; ++i) {
        if (i > 0) out += ',';
        finite &= append(at + static_cast<std::size_t>(i) * stride, whole.subspan(1), own.subspan(1));
      }
    }
    out += ']';
    return finite;
  }
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 1) {
      append_escaped(out, static_cast<unsigned char>(text[0]));
    } else if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_raw_json_string(std::string& out, std::string_view text) {
  const auto is_special = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\'; };
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(text, is_special) - text.begin());
    out += text.substr(0, plain);
    if (plain < text.size()) append_escaped(out, static_cast<unsigned char>(text[plain]));
    text.remove_prefix(std::min(plain + 1, text.size()));
  }
  out += '"';
}

void append_number(std::string& out, std::uint64_t value) { append_chars(out, value); }

bool append_number(std::string& out, float value, NonFinite policy) {
  return append_floats(out, std::as_bytes(std::span(&value, 1)).data(), 1, policy);
}

bool append_tensor_row(std::string& out, const HostTensor& tensor, std::size_t row, NonFinite policy) {
  return append_tensor_row(out, tensor, row, std::span(tensor.shape).subspan(1), policy);
}

bool append_tensor_row(std::string& out, const HostTensor& tensor, std::size_t row,
                       std::span<const std::int64_t> own, NonFinite policy) {
  const std::span<const std::int64_t> whole = std::span(tensor.shape).subspan(1);
  const auto item = dtype_size(tensor.dtype);
  const auto* at = tensor.bytes.data() + row * element_count(whole) * item;
  const auto write = items_writer(tensor.dtype);
  return whole.empty() ? write(out, at, 1, policy)
                       : ListWriter{out, write, item, policy}.append(at, whole, own);
}

}  // namespace infer
