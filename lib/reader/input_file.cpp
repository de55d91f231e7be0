#include "reader/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"

namespace infer {
namespace {

InputFile input_file(const std::string& path, const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {path, checked_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

}  // namespace

InputFile stat_open_input(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw RunError(errno_message("cannot read the input " + path));
  return input_file(path, status);
}

InputFile stat_input(const std::string& path) {
  const auto fd = open_input(path);
  struct stat status {};
  if (!fd) throw UsageError(errno_message("cannot open the input " + path));
  if (::fstat(fd.get(), &status) != 0) throw UsageError(errno_message("cannot read the input " + path));
  if (!S_ISREG(status.st_mode)) {
    throw UsageError(
        "the input " + path +
        " is no regular file; chunks are read by position from several ranks, so write it to a file first");
  }
  return input_file(path, status);
}

}  // namespace infer
