// The rows of one file of a result, some at a time, whatever form it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "peek/result_files.hpp"

namespace infer {

/// Rows that follow one another; views are valid until the next block is asked for.
struct RowBlock {
  std::vector<std::string_view> lines;  ///< JSON, each with kTailPadding readable bytes behind it
  std::span<const double> values;       ///< of an array, which has no lines
  std::size_t width = 0;                ///< values of its rows
  /// Of a table, where each row's vector ends in `values` that is not in its line; else empty.
  std::vector<std::size_t> embedding_ends;

  std::size_t rows() const { return width > 0 ? values.size() / width : lines.size(); }
  std::span<const double> embedding(std::size_t row) const {
    if (embedding_ends.empty()) return {};
    const auto begin = row == 0 ? 0 : embedding_ends[row - 1];
    return values.subspan(begin, embedding_ends[row] - begin);
  }
  std::span<const double> vector(std::size_t row) const { return values.subspan(row * width, width); }
};

/// What rows are read for. A summary needs no copied fields, but for their names.
enum class RowUse { rows, summary };

/// Thread-compatible.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  /// False at the end, which of a file that is not finished is where its last whole row ends. Throws RunError
  /// for what cannot be read.
  virtual bool next(RowBlock& block) = 0;
  /// How many there are, where that is known before they are read.
  virtual std::optional<std::uint64_t> rows() const { return std::nullopt; }
  /// Of an array's values, or of a table's vectors beside its lines, as NumPy calls it.
  virtual std::string dtype() const { return {}; }
};

/// Throws UsageError for what cannot be opened or is no result.
std::unique_ptr<RowSource> open_rows(const ResultFile& file, RowUse use);

/// Calls `use` with each block and its source, until that is false.
template <class Use>
void for_each_block(const ResultFile& file, RowUse row_use, const Use& use) {
  const auto source = open_rows(file, row_use);
  for (RowBlock block; source->next(block);) {
    if (!use(block, *source)) return;
  }
}

// Of each form.
std::unique_ptr<RowSource> open_lines(const ResultFile& file);
std::unique_ptr<RowSource> open_table(const ResultFile& file, RowUse use);
std::unique_ptr<RowSource> open_array(const ResultFile& file);

}  // namespace infer
