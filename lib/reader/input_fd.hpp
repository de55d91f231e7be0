// Opening input files and reading them by position.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/unique_fd.hpp"

namespace infer {

/// Throws UsageError with the system's reason.
UniqueFd open_input(const std::string& path);

/// Fills `target` from `offset` on; returns fewer bytes only at the end of the file. `path` is for messages.
/// Throws RunError on a read error.
std::size_t read_fully(int fd, std::span<std::byte> target, std::uint64_t offset, const std::string& path);

}  // namespace infer
