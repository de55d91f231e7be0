// Values of JSON in typed columns.
#pragma once

#include <optional>
#include <string_view>

#include "record/column_kind.hpp"
#include "table/parquet_writer.hpp"

namespace infer {

/// The narrowest that holds all values so far: those of `earlier`, empty for none, and `json`. A null changes
/// nothing. What is no number, text or truth, and what is mixed, is kept as JSON.
std::optional<ColumnKind> joint_kind(std::optional<ColumnKind> earlier, std::string_view json);

/// Whether a column of this kind holds the value as it is; null always.
bool fits(ColumnKind kind, std::string_view json);

/// Thread-compatible. Throws RunError for what does not fit.
class TypedColumn {
 public:
  explicit TypedColumn(const TableColumn& column);

  /// Empty: null.
  void add(std::string_view json);

  ColumnValues take() && { return std::move(values_); }

 private:
  void add_list(std::string_view json);
  void add_item(std::string_view json);
  [[noreturn]] void refuse(std::string_view json) const;

  const TableColumn& column_;
  ColumnValues values_;
};

}  // namespace infer
