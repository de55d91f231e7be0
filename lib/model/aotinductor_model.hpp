// AOTInductor packages (.pt2).
#pragma once

#include <memory>
#include <string>

#include "model/model.hpp"

namespace infer::detail {

/// `package_name` is the model's name within the package.
std::unique_ptr<Model> load_aotinductor(const ModelConfig& config, const std::string& package_name);
ModelInfo inspect_aotinductor(const std::filesystem::path& path, const std::string& package_name);

/// "cpu" or "cuda".
std::string package_device(const std::filesystem::path& path, const std::string& package_name);

}  // namespace infer::detail
