// Where files go that are needed for the length of a run.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace infer {

/// TMPDIR, or /tmp where that is not set.
inline std::filesystem::path temporary_folder() {
  const char* const given = std::getenv("TMPDIR");
  return given == nullptr || *given == '\0' ? "/tmp" : given;
}

}  // namespace infer
