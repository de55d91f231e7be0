// Which rows need not be scored, because they are known.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "record/row_key.hpp"

namespace infer {

/// Only where a row is a function of its record alone.
struct RowReuse {
  bool repeats = false;                      ///< equal records of a chunk become one example
  std::optional<std::string> key_context{};  ///< rows get keys: of this and of their records
  /// The row of that key in an earlier output, with its end; the view stays. Thread-safe. Needs keys.
  std::function<std::optional<std::string_view>(const RowKey&)> earlier{};
};

}  // namespace infer
