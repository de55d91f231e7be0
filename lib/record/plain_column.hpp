// Values of a chunk's records that never were JSON: a table's column of numbers, of lists of them, or of
// texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace infer {

enum class PlainKind : std::uint8_t { float32, float64, int64, text };

/// How a record has its value: in its line or not at all, or here.
enum class PlainForm : std::uint8_t { in_line, single, list };

/// Some numbers of one record, or a text.
struct PlainValue {
  PlainKind kind = PlainKind::float32;
  PlainForm form = PlainForm::in_line;
  const std::byte* values = nullptr;  ///< aligned for its kind
  std::size_t count = 0;              ///< of numbers; of a text its bytes, which are valid UTF-8

  std::string_view text() const { return {reinterpret_cast<const char*>(values), count}; }
};

struct PlainColumn {
  std::string name;  ///< of the records' field
  PlainKind kind = PlainKind::float32;
  RawBytes values{};
  std::vector<std::uint64_t>
      ends{};                      ///< per record: how many values, of texts bytes, there are up to its end
  std::vector<PlainForm> forms{};  ///< per record

  std::size_t value_bytes() const {
    if (kind == PlainKind::text) return 1;
    return kind == PlainKind::float32 ? 4 : 8;
  }
  PlainValue of(std::size_t record) const {
    const auto begin = record == 0 ? 0 : ends[record - 1];
    return {kind, forms[record], values.data() + begin * value_bytes(), ends[record] - begin};
  }
};

}  // namespace infer
