// TorchScript models (.pt).
#pragma once

#include <memory>

#include "model/model.hpp"

namespace infer::detail {

std::unique_ptr<Model> load_torchscript(const ModelConfig& config);
ModelInfo inspect_torchscript(const std::filesystem::path& path);

}  // namespace infer::detail
