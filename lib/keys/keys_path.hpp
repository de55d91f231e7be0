// Where the keys of an output are.
#pragma once

#include <string>

namespace infer {

inline std::string keys_path(const std::string& output) { return output + ".keys"; }

}  // namespace infer
