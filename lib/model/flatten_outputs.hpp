// What a TorchScript model returns, as named tensors.
#pragma once

#include <ATen/core/ivalue.h>

#include <filesystem>

#include "model/host_copies.hpp"

namespace infer::detail {

/// A single tensor is "output0"; tuples and lists count up ("output0", or "name.0" within a dictionary);
/// dictionaries and named tuples keep their names and order; None is left out. Throws RunError for anything
/// else.
void flatten_outputs(const c10::IValue& returned, HostCopies& copies, const std::filesystem::path& model);

}  // namespace infer::detail
