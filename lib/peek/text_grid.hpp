// Rows of cells as lines of text, each cell as wide as the widest of its column.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace infer {

class TextGrid {
 public:
  enum class Align { left, right };

  explicit TextGrid(std::vector<Align> columns) : columns_(std::move(columns)), widths_(columns_.size()) {}

  /// As many as there are columns, or fewer.
  void add(std::vector<std::string> cells);

  /// With two blanks before each cell, and none at the end.
  std::vector<std::string> lines() const;

 private:
  std::vector<Align> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace infer
