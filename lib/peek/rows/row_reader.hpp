// Reads what a JSON line of a result holds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "peek/rows/row_values.hpp"

namespace infer {

/// Rows as infer writes them: with all in one JSON object, or, flat, as the columns of CSV and Parquet.
/// Thread-compatible.
class RowReader {
 public:
  explicit RowReader(bool is_flat);
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  ~RowReader();

  /// Valid until the next call, and no longer than the line. Null for what is no row: problem() says why.
  /// Requires kTailPadding readable bytes behind the line. `embedding`: of a row that has it, not in its
  /// line.
  const RowValues* read(std::string_view line, std::span<const double> embedding = {});

  const std::string& problem() const;

 private:
  class Walk;
  std::unique_ptr<Walk> walk_;
};

/// A line with what no JSON has made such that it does: NaN and infinities become null, as does the line
/// number that lacks in a part which is not finished. Empty when there is nothing of it.
std::optional<std::string> repaired_line(std::string_view line);

}  // namespace infer
