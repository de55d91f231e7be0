// What the columns of a typed table hold.
#pragma once

#include <cstdint>

namespace infer {

enum class ColumnKind : std::uint8_t {
  json,  ///< any JSON, as text; of a string what it says
  int64,
  float32,
  float64,
  boolean,
  text,
};

}  // namespace infer
