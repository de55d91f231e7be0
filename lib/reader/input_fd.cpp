#include "reader/input_fd.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/file_io.hpp"

namespace infer {

UniqueFd open_input(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

std::size_t read_fully(int fd, std::span<std::byte> target, std::uint64_t offset, const std::string& path) {
  const auto [bytes, failed] = read_at(fd, target, offset);
  if (failed)
    throw RunError(errno_message("cannot read " + path + " at byte " + std::to_string(offset + bytes)));
  return bytes;
}

}  // namespace infer
