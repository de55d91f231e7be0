// A file of rows in columns, Parquet or Arrow: any rows of it as JSON lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "record/plain_column.hpp"

namespace infer {

/// Rows that follow one another in a file, and about how many bytes each takes as a JSON line, 1 at least.
struct RowGroup {
  std::uint64_t rows = 0;
  std::uint64_t row_bytes = 0;
};

/// Of some rows.
struct RowLimits {
  std::size_t line_bytes = 0;  ///< of a longer line only so much comes that this shows
  std::size_t most_bytes = 0;  ///< of all lines; more is a TableError
};

/// What is wrong with a file; who knows its name adds that.
class TableError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Top-level columns that are read, by their names, and what for.
struct ChosenColumns {
  std::vector<std::string> names;    ///< those that are not there are left out
  std::vector<std::string> numbers;  ///< of them: may be read as numbers, not as text, if they hold such
  std::vector<std::string> texts;    ///< of them: may be read as bytes, if they hold texts
  std::vector<std::string> carried;  ///< of them: nothing looks at their JSON, which is copied, in this order

  bool operator==(const ChosenColumns&) const = default;
};

/// False in a build without Rust (INFER_ENABLE_RUST=OFF); then the constructor of Table throws.
bool tables_available();

/// Thread-compatible.
class Table {
 public:
  /// Of a file of `bytes` bytes; `fd` is duplicated. Reads what the file says of itself. Throws TableError.
  Table(int fd, std::uint64_t bytes);
  Table(Table&&) noexcept;
  Table& operator=(Table&&) noexcept;
  ~Table();

  /// All rows, in order.
  std::span<const RowGroup> groups() const;

  /// Reads no others from now on. Throws TableError.
  void choose(const ChosenColumns& columns);

  struct Rows {
    std::string_view lines;               ///< each a JSON object and a newline; what is null is left out
    std::span<const std::uint64_t> ends;  ///< of the lines, with the newlines
    std::span<const std::uint8_t> only_carried;  ///< per row: RawRecord::only_carried
    std::vector<PlainColumn> plain;              ///< what is not in the lines
  };
  /// Rows `begin` to `end` - 1, valid until the next call. `apart`: of each row what a column has is in
  /// `plain`, where that is what choose() allows and nothing odd. Fast where rows rise from call to call:
  /// what lies between is skipped. Throws TableError.
  Rows read(std::uint64_t begin, std::uint64_t end, const RowLimits& limits, bool apart = false);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace infer
