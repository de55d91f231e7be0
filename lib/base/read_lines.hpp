// A small text file that a flag names, line by line.
#pragma once

#include <string>
#include <vector>

namespace infer {

/// Without line ends, those of Windows included. Throws UsageError, which names the flag, when the file is a
/// folder or cannot be opened.
std::vector<std::string> read_lines(const std::string& flag, const std::string& path);

}  // namespace infer
