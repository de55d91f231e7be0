// `infer inspect MODEL`.
#pragma once

#include <string>

namespace infer {

/// A readable description of a model file. Throws UsageError for what is no runnable model.
std::string describe_model(const std::string& path);

}  // namespace infer
