// TorchScript models (.pt).
#pragma once

#include <memory>

#include "model/model.hpp"

namespace infer::detail {

// Both throw LoadProblem for a file that cannot be loaded.

std::unique_ptr<Model> load_torchscript(const ModelFile& file, const ModelConfig& config);
ModelInfo inspect_torchscript(const ModelFile& file);

}  // namespace infer::detail
