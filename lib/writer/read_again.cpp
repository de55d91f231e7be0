#include "writer/read_again.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/file_io.hpp"

namespace infer {

UniqueFd open_again(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) throw RunError(errno_message("cannot read " + path + " again"));
  return fd;
}

void read_again(const UniqueFd& fd, const std::string& path, std::uint64_t begin, std::uint64_t end,
                const std::function<void(std::string_view piece)>& use) {
  const auto read = read_pieces(fd.get(), begin, end, use);
  if (read.failed) throw RunError(errno_message("cannot read " + path + " again"));
  if (read.bytes < end - begin)
    throw RunError("cannot read " + path + " again: it has become shorter; does another process write it?");
}

}  // namespace infer
