#include "writer/journal/sync_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace infer {

namespace {

bool is_refusal(int error) { return error == EINVAL || error == EOPNOTSUPP || error == EACCES; }

}  // namespace

void sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if ((!fd || ::fsync(fd.get()) != 0) && !is_refusal(errno))
    throw RunError(errno_message("cannot sync the folder of " + path));
}

}  // namespace infer
