// Reads rows of a table file as JSON lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "reader/input_file.hpp"
#include "table/table.hpp"

namespace infer {

/// Top-level columns by their names.
struct ChosenColumns {
  std::vector<std::string> names;
  std::vector<std::string> numbers;  ///< those of them that may be read as numbers, not as text
};
/// Without: all.
using Columns = std::optional<ChosenColumns>;

/// Thread-compatible. Keeps the file open, and its place in it.
class TableReader {
 public:
  /// Throws RunError when the file cannot be opened any more, or is damaged.
  TableReader(InputFile file, const Columns& columns);

  /// Rows `begin` to `end` - 1; of a line longer than `line_bytes` only so much that this shows. Valid until
  /// the next call. Throws RunError when they cannot be read, or the file is not what it was.
  std::string_view read(std::uint64_t begin, std::uint64_t end, std::size_t line_bytes);
  /// Likewise.
  Table::Rows read_apart(std::uint64_t begin, std::uint64_t end, std::size_t line_bytes);

 private:
  template <class Read>
  auto checked(std::uint64_t begin, std::uint64_t end, const Read& read);
  [[noreturn]] void refuse(const std::string& what, const std::string& why) const;

  InputFile file_;
  UniqueFd fd_;
  std::optional<Table> table_;
};

}  // namespace infer
