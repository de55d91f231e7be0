// Class names for --task classification.
#pragma once

#include <string>
#include <vector>

namespace infer {

/// One label per line; a last newline ends the last label. Empty for an empty path. Throws UsageError.
std::vector<std::string> read_labels(const std::string& path);

}  // namespace infer
