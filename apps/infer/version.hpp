// What this program was built from and runs with.
#pragma once

#include <string>

namespace infer {

/// Several lines, the last one ended.
std::string version_text();

}  // namespace infer
