// Opening input files and reading them by position.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/unique_fd.hpp"

namespace infer {

/// Empty when it cannot be opened; errno says why. Never blocks, whatever is there.
UniqueFd open_input(const std::string& path);

/// Fills `target` from `offset` on; returns fewer bytes only at the end of the file. `path` is for messages.
/// Throws RunError on a read error.
std::size_t read_fully(int fd, std::span<std::byte> target, std::uint64_t offset, const std::string& path);

}  // namespace infer
