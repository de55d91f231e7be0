// The fields that a task adds to an output row. Internal to the encoder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "encoder/encoder.hpp"
#include "record/predicted_chunk.hpp"

namespace infer::detail {

/// What one row's fields are made of.
struct RowResult {
  std::span<const NamedTensor> outputs;
  std::size_t row = 0;  ///< within the outputs
  const TextTable* texts = nullptr;
  std::size_t example = 0;  ///< within the texts
  std::span<const std::vector<Shape>> own_shapes{};
};

/// Appends `"label":"x","score":0.9` or what else the task gives, without comma around it. False when a NaN
/// or infinity was among the values.
bool append_task_fields(std::string& body, const RowResult& result, const EncoderConfig& config);

}  // namespace infer::detail
