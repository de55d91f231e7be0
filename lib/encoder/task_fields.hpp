// The fields that a task adds to an output row, and the columns that they are in a table. Internal to the
// encoder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "encoder/output_format.hpp"

namespace infer::detail {

struct TaskFields {
  /// Appends `"label":"x","score":0.9` or what else the task gives, without comma around it. False when a NaN
  /// or infinity was among the values.
  bool (*append)(std::string& body, const RowResult& result, const RowConfig& config);
  /// The same as columns, in the same order, of a result that states them.
  std::vector<FlatField> (*columns)(const ResultOptions& options, const ResultSpec& result);
  bool (*states_columns)(const ResultSpec& result);
};

const TaskFields& task_fields(Task task);

/// The task's fields; an error where --non-finite does not let them be.
std::optional<RecordError> append_task_values(std::string& values, const RowResult& result,
                                              const RowConfig& config);

}  // namespace infer::detail
