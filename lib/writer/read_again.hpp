// What this run has written, read once more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace infer {

/// Both throw RunError, also where the file has become shorter. `path`: for messages, and never through a
/// link.
UniqueFd open_again(const std::string& path);
void read_again(const UniqueFd& fd, const std::string& path, std::uint64_t begin, std::uint64_t end,
                const std::function<void(std::string_view piece)>& use);

}  // namespace infer
