// The fields of a classification's row: which there are depends on the activation and the number of classes.
// Internal to the encoder.
#pragma once

#include "encoder/task_fields.hpp"

namespace infer::detail {

// As TaskFields has them.
bool append_class_fields(std::string& body, const RowResult& result, const RowConfig& config);
std::vector<FlatField> class_columns(const ResultOptions& options, const ResultSpec& result);
bool states_classes(const ResultSpec& result);

}  // namespace infer::detail
