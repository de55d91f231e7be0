// Where the last rows of JSON Lines begin, found from the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "peek/result_files.hpp"

namespace infer {

struct LastRows {
  std::uint64_t begin = 0;  ///< byte of the file
  std::uint64_t rows = 0;   ///< from there on; fewer than were asked for where the file has no more
};

/// Of the first `bytes` bytes of a file. Throws UsageError when it cannot be opened, RunError when it cannot
/// be read.
LastRows find_last_rows(const std::string& path, std::uint64_t bytes, std::uint64_t rows);

/// Leaves of files that together are a result what holds its last rows, where they can be read from the end:
/// plain and finished JSON Lines. Others stay as they are.
void keep_last_rows(std::vector<ResultFile>& files, std::uint64_t rows);

}  // namespace infer
