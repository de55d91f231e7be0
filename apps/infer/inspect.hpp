// `infer inspect MODEL`.
#pragma once

#include <string>
#include <vector>

namespace infer {

/// A readable description of a model file. `preload`: as --preload-lib gives them. Throws UsageError for what
/// is no runnable model.
std::string describe_model(const std::string& path, const std::vector<std::string>& preload);

}  // namespace infer
