// Reads rows of a table file as JSON lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"
#include "reader/input_file.hpp"
#include "table/table.hpp"

namespace infer {

/// Without: all.
using Columns = std::optional<ChosenColumns>;

/// Thread-compatible. Keeps the file open, and its place in it.
class TableReader {
 public:
  /// Throws RunError when the file cannot be opened any more, or is damaged.
  TableReader(InputFile file, const Columns& columns);

  /// As Table has it; of a line longer than `line_bytes` only so much that this shows. Throws RunError when
  /// they cannot be read, or the file is not what it was.
  Table::Rows read(std::uint64_t begin, std::uint64_t end, std::size_t line_bytes, bool apart = false);

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& why) const;

  InputFile file_;
  UniqueFd fd_;
  std::optional<Table> table_;
};

}  // namespace infer
