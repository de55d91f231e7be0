// The fields that a task adds to an output row. Internal to the encoder.
#pragma once

#include <string>

#include "encoder/output_format.hpp"

namespace infer::detail {

/// Appends `"label":"x","score":0.9` or what else the task gives, without comma around it. False when a NaN
/// or infinity was among the values.
bool append_task_fields(std::string& body, const RowResult& result, const RowConfig& config);

}  // namespace infer::detail
