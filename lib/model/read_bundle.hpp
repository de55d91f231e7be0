// Reads the bundle inside a model file.
#pragma once

#include <filesystem>
#include <optional>

#include "model_file/bundle.hpp"

namespace infer {

/// Empty for a model file that is no bundle. Reads nothing of the weights. Throws UsageError, naming file and
/// key, for a bundle that is damaged, of another version, or does not hold together.
std::optional<Bundle> read_bundle(const std::filesystem::path& path);

}  // namespace infer
