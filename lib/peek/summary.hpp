// What the rows of a result add up to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "peek/columns/label_counts.hpp"
#include "peek/columns/number_column.hpp"
#include "peek/columns/vector_column.hpp"
#include "peek/rows/row_values.hpp"
#include "record/session.hpp"
#include "record/task.hpp"

namespace infer {

template <class Column>
struct SummaryColumn {
  std::string group;
  std::string name;
  Column column{};

  std::string text() const { return FieldName{group, name}.text(); }
};

/// In the order in which the rows show them.
template <class Column>
using SummaryColumns = std::vector<SummaryColumn<Column>>;

/// Thread-compatible. Its memory is bounded whatever the rows are.
class Summary {
 public:
  static constexpr std::size_t kMostColumns = 64;  ///< of numbers and of labels; and names of carried fields
  static constexpr std::size_t kMostVectors = 8;   ///< likewise; each takes 25 MB at most

  void add(const RowValues& row);
  /// A row of an array of which nothing but the failure is known.
  void add_failed();
  /// What is no row at all.
  void add_unreadable(const std::string& why);

  /// Says why rows failed of which add_failed() counted as many. False when these are not as many.
  bool explain(const Summary& errors);

  std::uint64_t rows() const { return rows_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t unreadable() const { return unreadable_.rows; }
  std::uint64_t ok() const { return rows_ - failed_ - unreadable(); }
  const std::optional<Task>& task() const { return task_; }
  const std::vector<std::string>& carried() const { return carried_; }
  /// The most frequent first.
  std::vector<CodeFailures> failures() const;
  const CodeFailures& unreadable_rows() const { return unreadable_; }
  const SummaryColumns<NumberColumn>& numbers() const { return numbers_; }
  const SummaryColumns<LabelCounts>& labels() const { return labels_; }
  const SummaryColumns<VectorColumn>& vectors() const { return vectors_; }
  bool has_more_columns() const { return has_more_columns_; }

 private:
  void add_failure(const RowValues::Failure& failure);
  void add_carried(const RowValues& row);

  std::uint64_t rows_ = 0;
  std::uint64_t failed_ = 0;
  CodeFailures unreadable_;
  std::vector<CodeFailures> failures_;
  std::optional<Task> task_;
  std::vector<std::string> carried_;
  SummaryColumns<NumberColumn> numbers_;
  SummaryColumns<LabelCounts> labels_;
  SummaryColumns<VectorColumn> vectors_;
  bool has_more_columns_ = false;
};

}  // namespace infer
