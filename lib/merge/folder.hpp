// A complete folder of parts, as `infer merge` finds it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "writer/parts/manifest.hpp"

namespace infer {

struct PartsFolder {
  std::string path;
  Manifest manifest;
};

/// Its parts are there with their sizes. Throws UsageError; of a folder that is not complete it says how far
/// it is.
PartsFolder open_folder(const std::string& path);

/// Some of a part's last bytes. Throws RunError.
std::string last_bytes(const PartsFolder& folder, const ManifestPart& part);

/// Calls `use` with the part's bytes, some at a time. Throws RunError, at their end too, when they are not
/// those of which the manifest tells.
void read_part(const PartsFolder& folder, const ManifestPart& part,
               const std::function<void(std::string_view)>& use);

}  // namespace infer
