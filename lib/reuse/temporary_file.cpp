#include "reuse/temporary_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"

namespace infer {
namespace {

[[noreturn]] void fail(const std::string& folder, const std::string& what) {
  throw UsageError(errno_message("cannot " + what + " a file in " + folder + " for the index of --reuse") +
                   "; set TMPDIR to a folder that can be written and has room");
}

std::string name_pattern(const std::string& folder) { return folder + "/infer-reuse-XXXXXX"; }

/// A name that nothing has, and had a moment ago.
std::string free_name(const std::string& folder) {
  auto name = name_pattern(folder);
  const UniqueFd fd(::mkstemp(name.data()));
  if (!fd) fail(folder, "create");
  ::unlink(name.c_str());
  return name;
}

}  // namespace

TemporaryFile::TemporaryFile(std::string folder, bool may_be_nameless) : folder_(std::move(folder)) {
  if (may_be_nameless)
    fd_ = UniqueFd(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (fd_) return;
  auto name = name_pattern(folder_);
  fd_ = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_) fail(folder_, "create");
  name_ = std::move(name);
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      name_(std::exchange(other.name_, {})),
      fd_(std::move(other.fd_)),
      bytes_(other.bytes_) {}

TemporaryFile& TemporaryFile::operator=(TemporaryFile&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(name_, other.name_);
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

std::uint64_t TemporaryFile::append(std::string_view text) {
  const auto begin = bytes_;
  write_at(text, begin);
  bytes_ += text.size();
  return begin;
}

void TemporaryFile::align(std::uint64_t bytes) {
  append(std::string((bytes - bytes_ % bytes) % bytes, '\0'));
}

void TemporaryFile::write_at(std::string_view text, std::uint64_t offset) {
  if (!write_all_at(fd_.get(), text, offset)) fail(folder_, "write");
}

void TemporaryFile::read_at(std::span<char> target, std::uint64_t offset) const {
  const auto [bytes, failed] = infer::read_at(fd_.get(), target, offset);
  if (bytes < target.size()) fail(folder_, "read");
}

const std::string& TemporaryFile::name_it() {
  const auto self = "/proc/self/fd/" + std::to_string(fd_.get());
  while (name_.empty()) {
    auto name = free_name(folder_);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
      name_ = std::move(name);
    else if (errno != EEXIST)
      fail(folder_, "name");
  }
  return name_;
}

}  // namespace infer
