#include "writer/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer {
namespace {

template <class T>
void append_chars(std::string& out, T value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

template <class T>
bool append_real(std::string& out, T value, NonFinite policy) {
  if (std::isfinite(value)) {
    append_chars(out, value);
    return true;
  }
  if (policy == NonFinite::null) {
    out += "null";
  } else {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
  return false;
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
bool append_item(std::string& out, const std::byte* at, NonFinite policy) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::is_floating_point_v<T>) {
    return append_real(out, value, policy);
  } else {
    append_chars(out, value);
    return true;
  }
}

bool append_boolean(std::string& out, const std::byte* at, NonFinite) {
  out += *at != std::byte{0} ? "true" : "false";
  return true;
}

using ItemWriter = bool (*)(std::string&, const std::byte*, NonFinite);

ItemWriter item_writer(DType dtype) {
  switch (dtype) {
    case DType::float32: return append_item<float>;
    case DType::float64: return append_item<double>;
    case DType::int64: return append_item<std::int64_t>;
    case DType::int32: return append_item<std::int32_t>;
    case DType::int16: return append_item<std::int16_t>;
    case DType::int8: return append_item<std::int8_t>;
    case DType::uint8: return append_item<std::uint8_t>;
    case DType::boolean: return append_boolean;
    case DType::float16:
    case DType::bfloat16: break;
  }
  throw InternalError("half-precision outputs must be converted before they are written");
}

/// Nested lists of the dimensions `shape`; `at` moves on behind the last item.
bool append_nested(std::string& out, const std::byte*& at, std::span<const std::int64_t> shape,
                   ItemWriter write, std::size_t item, NonFinite policy) {
  if (shape.empty()) {
    const bool finite = write(out, at, policy);
    at += item;
    return finite;
  }
  bool finite = true;
  out += '[';
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    if (i > 0) out += ',';
    finite &= append_nested(out, at, shape.subspan(1), write, item, policy);
  }
  out += ']';
  return finite;
}

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

void append_number(std::string& out, std::uint64_t value) { append_chars(out, value); }

bool append_number(std::string& out, float value, NonFinite policy) {
  return append_real(out, value, policy);
}

bool append_tensor_row(std::string& out, const HostTensor& tensor, std::size_t row, NonFinite policy) {
  const std::span<const std::int64_t> shape = std::span(tensor.shape).subspan(1);
  const auto item = dtype_size(tensor.dtype);
  const auto* at = tensor.bytes.data() + row * element_count(shape) * item;
  return append_nested(out, at, shape, item_writer(tensor.dtype), item, policy);
}

}  // namespace infer
