#include "decoder/image/image_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"

namespace infer::detail {
namespace {

namespace fs = std::filesystem;

constexpr int kReading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string shown_folder(const ImageRoot& root) {
  return root.folder.empty() ? "the current folder" : root.folder;
}

/// Linux's since 5.6; older ones, and some containers, have it not.
int open_beneath(int folder, const std::string& path) {
  open_how how{};
  how.flags = kReading;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
}

/// Likewise, by names: who may change the folder meanwhile is trusted.
int open_by_name(const std::string& folder, const std::string& path) {
  std::error_code failed;
  const auto root = fs::canonical(folder, failed);
  const auto file = failed ? fs::path() : fs::canonical(fs::path(folder) / path, failed);
  if (failed) return errno = failed.value(), -1;
  const auto relative = file.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..") return errno = EXDEV, -1;
  return ::open(file.c_str(), kReading);
}

/// An absolute path that the folder's begins, from there on.
std::string below(const std::string& folder, const std::string& path) {
  if (!path.starts_with('/')) return path;
  std::error_code unknown;
  const auto relative = fs::path(path).lexically_relative(fs::absolute(folder, unknown).lexically_normal());
  return relative.empty() || *relative.begin() == ".." ? path : relative.string();
}

}  // namespace

ImageFiles::ImageFiles(ImageAccess access) : access_(std::move(access)), folders_(access_.roots.size()) {}

std::optional<std::string> ImageFiles::read(std::uint32_t input, const ImageFile& image, RawBytes& bytes) {
  if (!image.size) {
    UniqueFd fd;
    if (auto problem = open(input, image.path, fd)) return problem;
    return read_part(fd.get(), image, bytes);
  }
  if (!shared_ || shared_->input != input || shared_->path != image.path) {
    Shared next{input, std::string(image.path), {}};
    if (auto problem = open(input, image.path, next.fd)) return problem;
    shared_ = std::move(next);
  }
  return read_part(shared_->fd.get(), image, bytes);
}

std::optional<std::string> ImageFiles::open(std::uint32_t input, std::string_view path, UniqueFd& fd) {
  INFER_ASSERT(input < access_.roots.size());
  const auto& root = access_.roots[input];
  if (path.empty() || path.find('\0') != std::string_view::npos) return "is no name of a file";
  const bool is_own = path == root.own;
  if (root.confined && !is_own) return open_confined(input, path, fd);
  fd = UniqueFd(::open((is_own ? fs::path(path) : fs::path(root.folder) / path).c_str(), kReading));
  if (!fd) return errno_message("cannot be opened");
  return std::nullopt;
}

std::optional<std::string> ImageFiles::open_confined(std::uint32_t input, std::string_view named,
                                                     UniqueFd& fd) {
  const auto& root = access_.roots[input];
  const auto folder = root.folder.empty() ? std::string(".") : root.folder;
  if (!folders_[input]) folders_[input] = UniqueFd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folders_[input]) return errno_message("cannot be opened: its folder " + folder);
  const auto path = below(folder, std::string(named));
  fd = UniqueFd(open_beneath(folders_[input].get(), path));
  if (!fd && (errno == ENOSYS || errno == EPERM)) fd = UniqueFd(open_by_name(folder, path));
  if (!fd && errno == EXDEV)
    return "lies outside of " + shown_folder(root) +
           ", where this input's pictures lie: --image-root names another folder, and with --images-anywhere "
           "any "
           "file may be named";
  if (!fd) return errno_message("cannot be opened in " + shown_folder(root));
  return std::nullopt;
}

std::optional<std::string> ImageFiles::read_part(int fd, const ImageFile& image, RawBytes& bytes) const {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno_message("cannot be looked at");
  if (!S_ISREG(status.st_mode)) return "is no regular file";
  const auto there = static_cast<std::uint64_t>(status.st_size);
  const auto behind = there - std::min(there, image.offset);
  const auto size = image.size.value_or(behind);
  if (image.offset > there || size > behind)
    return "ends at byte " + std::to_string(there) + ", before the " + std::to_string(size) + " bytes from " +
           std::to_string(image.offset) + " on";
  if (size > access_.max_bytes)
    return "has " + std::to_string(size) + " bytes, more than --max-record-bytes " +
           std::to_string(access_.max_bytes);
  bytes.resize(size);
  const auto [got, failed] = read_at(fd, bytes, image.offset);
  if (failed) return errno_message("cannot be read");
  bytes.resize(got);
  return std::nullopt;
}

}  // namespace infer::detail
