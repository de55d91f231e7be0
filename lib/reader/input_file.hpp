// What tells whether an input file is still, or on another rank, the same.
#pragma once

#include <cstdint>
#include <string>

namespace infer {

/// A file as it was when the run began; a later difference means that it changed under us.
struct InputFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;

  bool operator==(const InputFile&) const = default;
};

/// The open file `fd` under its name. Throws RunError when it cannot be looked at.
InputFile stat_open_input(int fd, const std::string& path);

/// Throws UsageError for what is missing, unreadable or no regular file.
InputFile stat_input(const std::string& path);

}  // namespace infer
