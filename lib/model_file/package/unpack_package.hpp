// The files of an AOTInductor package, laid out in a folder as LibTorch's loader wants them. Internal to the
// model file.
#pragma once

#include <cstdint>
#include <filesystem>

#include "model_file/archive.hpp"

namespace infer::detail {

/// What they take.
std::uint64_t package_bytes(const Archive& archive);

/// Throws UsageError for a file that is damaged, and when a file cannot be written.
void unpack_package(const ZipFile& file, const Archive& archive, const std::filesystem::path& folder);

}  // namespace infer::detail
