// Names of files that may be compared.
#pragma once

#include <string>

namespace infer {

/// One name for all names of a file, also for those relative to another folder, and of one that is not there
/// yet. `path` itself where it cannot be followed: opening it will tell why.
std::string canonical_path(const std::string& path);

}  // namespace infer
