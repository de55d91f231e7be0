#include "peek/summary.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostCodes = 100;         ///< infer has 14
constexpr std::size_t kMostMessageBytes = 400;  ///< of one that is shown

/// Rows have their fields in the same order, so the search goes on where it found the one before. Null where
/// there are too many.
template <class Column>
Column* find_column(SummaryColumns<Column>& columns, const FieldName& field, std::size_t most,
                    std::size_t& next) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto at = (next + i) % columns.size();
    if (columns[at].name != field.name || columns[at].group != field.group) continue;
    next = at + 1;
    return &columns[at].column;
  }
  if (columns.size() >= most) return nullptr;
  next = columns.size() + 1;
  return &columns.emplace_back(SummaryColumn<Column>{std::string(field.group), std::string(field.name)})
              .column;
}

void add_example(CodeFailures& failures, const std::string& text) {
  ++failures.rows;
  if (failures.first.size() >= kFirstFailures) return;
  const bool is_long = text.size() > kMostMessageBytes;
  failures.first.push_back(is_long ? text.substr(0, kMostMessageBytes) + "..." : text);
}

}  // namespace

void Summary::add(const RowValues& row) {
  add_carried(row);
  if (row.failure) {
    add_failure(*row.failure);
    ++rows_;
    return;
  }
  if (row.task) task_ = row.task;
  std::size_t next = 0;
  for (const auto& number : row.numbers) {
    auto* column = find_column(numbers_, number.field, kMostColumns, next);
    column != nullptr ? column->add(number.value) : void(has_more_columns_ = true);
  }
  next = 0;
  for (const auto& label : row.labels) {
    auto* column = find_column(labels_, label.field, kMostColumns, next);
    column != nullptr ? column->add(label.label) : void(has_more_columns_ = true);
  }
  next = 0;
  for (const auto& vector : row.vectors) {
    auto* column = find_column(vectors_, vector.field, kMostVectors, next);
    column != nullptr ? column->add(row.of(vector)) : void(has_more_columns_ = true);
  }
  ++rows_;
}

void Summary::add_carried(const RowValues& row) {
  for (std::size_t i = 0; i < row.carried.size(); ++i) {
    const auto name = row.carried[i];
    if (i < carried_.size() && carried_[i] == name) continue;
    if (carried_.size() < kMostColumns && std::ranges::find(carried_, name) == carried_.end())
      carried_.emplace_back(name);
  }
}

void Summary::add_failure(const RowValues::Failure& failure) {
  ++failed_;
  auto found = std::ranges::find(failures_, failure.code, &CodeFailures::code);
  if (found == failures_.end()) {
    if (failures_.size() >= kMostCodes) return;
    found = failures_.insert(found, CodeFailures{std::string(failure.code), 0, {}});
  }
  const auto place = failure.file.empty() ? "row " + std::to_string(rows_)
                                          : std::string(failure.file) + ":" + std::to_string(failure.line);
  add_example(*found, printable(place + ": " + std::string(failure.message)));
}

void Summary::add_failed() {
  ++failed_;
  ++rows_;
}

void Summary::add_unreadable(const std::string& why) {
  add_example(unreadable_, printable("row " + std::to_string(rows_) + ": " + why));
  ++rows_;
}

bool Summary::explain(const Summary& errors) {
  if (errors.failed_ != failed_) return false;
  failures_ = errors.failures_;
  return true;
}

std::vector<CodeFailures> Summary::failures() const {
  auto failures = failures_;
  std::ranges::stable_sort(failures, std::ranges::greater(), &CodeFailures::rows);
  return failures;
}

}  // namespace infer
