// What a TorchScript model returns, as named tensors in host memory.
#pragma once

#include <ATen/core/ivalue.h>

#include <filesystem>
#include <vector>

#include "record/predicted_chunk.hpp"

namespace infer::detail {

/// A single tensor is "output0"; tuples and lists count up ("output0", or "name.0" within a dictionary);
/// dictionaries keep their names and order; None is left out. Throws RunError for anything else.
std::vector<NamedTensor> flatten_outputs(const c10::IValue& returned, const std::filesystem::path& model);

}  // namespace infer::detail
