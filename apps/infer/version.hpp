// What this program was built from and runs with.
#pragma once

#include <string>

namespace infer {

/// This program's own: "0.1.0".
const char* infer_version();

/// Several lines, the last one ended.
std::string version_text();

}  // namespace infer
