// What tells one file, as it was at one time, from another.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace infer {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t is_regular = 0;  ///< 1, no pipe or folder

  bool operator==(const FileStamp&) const = default;
};

/// Of an open file; all zero where that fails.
inline FileStamp file_stamp(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {};
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec, S_ISREG(status.st_mode) ? 1U : 0U};
}

}  // namespace infer
