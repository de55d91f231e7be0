// Numbers of a chunk's records that never were text: a table's column of numbers, or of lists of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace infer {

enum class NumberKind : std::uint8_t { float32, float64, int64 };

/// How a record has its value: in its line or not at all, or here.
enum class NumberForm : std::uint8_t { in_line, single, list };

/// Some numbers of one record.
struct NumberSlice {
  NumberKind kind = NumberKind::float32;
  NumberForm form = NumberForm::in_line;
  const std::byte* values = nullptr;  ///< aligned for its kind
  std::size_t count = 0;
};

struct NumberColumn {
  std::string name;  ///< of the records' field
  NumberKind kind = NumberKind::float32;
  RawBytes values{};
  std::vector<std::uint64_t> ends{};  ///< per record: how many values there are up to its end
  std::vector<NumberForm> forms{};    ///< per record

  std::size_t value_bytes() const { return kind == NumberKind::float32 ? 4 : 8; }
  NumberSlice of(std::size_t record) const {
    const auto begin = record == 0 ? 0 : ends[record - 1];
    return {kind, forms[record], values.data() + begin * value_bytes(), ends[record] - begin};
  }
};

}  // namespace infer
