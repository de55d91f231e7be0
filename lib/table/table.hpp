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

#include "record/number_column.hpp"

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

  /// Reads no other top-level columns from now on; what is not there is left out. Those of `numbers` can be
  /// read apart if they are columns of numbers, or of lists of them. Throws TableError.
  void choose(const std::vector<std::string>& columns, const std::vector<std::string>& numbers = {});

  /// Rows `begin` to `end` - 1, each a JSON object and a newline; what is null in a row is left out. Valid
  /// until the next call. Fast where rows rise from call to call: what lies between is skipped. Throws
  /// TableError.
  std::string_view read(std::uint64_t begin, std::uint64_t end, const RowLimits& limits);

  struct Rows {
    std::string_view lines;             ///< as read() gives them, without what is in `numbers`
    std::vector<NumberColumn> numbers;  ///< of each row the numbers of a column, where there is nothing else
  };
  /// Likewise.
  Rows read_apart(std::uint64_t begin, std::uint64_t end, const RowLimits& limits);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace infer
