#include "reader/input_fd.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/checked_cast.hpp"
#include "base/error.hpp"

namespace infer {

UniqueFd open_input(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

std::size_t read_fully(int fd, std::span<std::byte> target, std::uint64_t offset, const std::string& path) {
  std::size_t done = 0;
  while (done < target.size()) {
    const auto rest = target.subspan(done);
    const auto got = ::pread(fd, rest.data(), rest.size(), checked_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw RunError(errno_message("cannot read " + path + " at byte " + std::to_string(offset + done)));
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace infer
