// Gives the rows that are wanted, as JSON lines, while all rows come by.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "peek/columns/label_counts.hpp"
#include "peek/row_choice.hpp"
#include "peek/rows/row_values.hpp"

namespace infer {

/// Thread-compatible.
class ChosenRows {
 public:
  using Take = std::function<void(std::string_view json)>;

  /// Keeps references.
  ChosenRows(const RowChoice& choice, const Take& take) : choice_(choice), take_(take) {}

  /// Of the next row: whether it can be wanted by its number. Else only skip() follows.
  bool may_take() const { return row_ >= choice_.begin && row_ < choice_.end; }
  void skip(std::uint64_t rows = 1) { row_ += rows; }
  /// `values`: of a choice that looks into rows; null where it is none.
  void add(std::string_view json, const RowValues* values);
  /// No row that follows is wanted.
  bool is_over() const;
  /// Those that had to wait for the end.
  void end();

  std::uint64_t taken() const { return taken_; }
  const LabelCounts& labels() const { return labels_; }  ///< that came by, where one is wanted

 private:
  bool is_wanted(const RowValues* values);

  const RowChoice& choice_;
  const Take& take_;
  std::uint64_t row_ = 0;
  std::uint64_t taken_ = 0;
  std::deque<std::string> last_;
  LabelCounts labels_;
};

}  // namespace infer
