// Where the rows of a table file lie among the bytes by which inputs are cut and counted: each row of a row
// group takes as many as its rows take on average.
#pragma once

#include <cstdint>

#include "reader/input_file.hpp"

namespace infer {

/// Finds the row groups of a table file, by what it says of itself; leaves others alone. Throws UsageError
/// when it is damaged.
void find_rows(InputFile& file);

/// Of a table file.
std::uint64_t row_count(const InputFile& file);

/// Its first row that lies at `offset` or behind; row_count() when there is none.
std::uint64_t first_row_from(const InputFile& file, std::uint64_t offset);

/// Where one of its rows lies.
std::uint64_t offset_of_row(const InputFile& file, std::uint64_t row);

/// Likewise, of row after row. Thread-compatible; keeps a view of the file.
class RowOffsets {
 public:
  /// `row`: the first one.
  RowOffsets(const InputFile& file, std::uint64_t row);

  std::uint64_t next();

 private:
  const RowsBegin* group_;
  std::uint64_t row_;
  std::uint64_t offset_;
  std::uint64_t step_ = 0;
};

}  // namespace infer
