#include "writer/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr mode_t kFileMode = 0666;  // the umask takes away what it must

bool is_regular_or_new(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

/// Where a link leads, so that the file is replaced and not the link.
std::string resolved(const std::string& path) {
  std::error_code error;
  const auto target = path == "-" ? path : std::filesystem::canonical(path, error).string();
  return error || !is_regular_or_new(path) ? path : target;
}

UniqueFd open_for_writing(const std::string& path) {
  if (path == "-") return UniqueFd(::dup(STDOUT_FILENO));
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
}

}  // namespace

void check_output(const std::string& path, bool rewritten) {
  if (path == "-") return;
  const auto attempt = "cannot create the output " + path;
  if (std::filesystem::is_directory(path)) throw UsageError(attempt + ": it is a folder; name a file");
  if (rewritten && !is_regular_or_new(path))
    throw UsageError(attempt + ": a .npy file cannot be written to a pipe or a device; name a file");
  const auto folder = std::filesystem::path(resolved(path)).parent_path();
  const auto* needed = is_regular_or_new(path) ? folder.c_str() : path.c_str();
  if (::access(*needed == '\0' ? "." : needed, W_OK) != 0) throw UsageError(errno_message(attempt));
}

OutputFile::OutputFile(const std::string& path)
    : path_(resolved(path)),
      written_path_(path_ != "-" && is_regular_or_new(path_) ? path_ + ".partial" : path_) {
  fd_ = open_for_writing(written_path_);
  if (!fd_) throw UsageError(errno_message("cannot create the output " + written_path_));
}

OutputFile::~OutputFile() {
  if (fd_ && bytes_ == 0 && written_path_ != path_) ::unlink(written_path_.c_str());
}

void OutputFile::fail(const std::string& attempt) const {
  const auto reason =
      errno_message("cannot " + attempt + " " + (path_ == "-" ? "standard output" : written_path_));
  throw RunError(reason + " (after " + std::to_string(bytes_) + " bytes)");
}

void OutputFile::write(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(written));
    bytes_ += static_cast<unsigned long long>(written);
  }
}

void OutputFile::rewrite_start(std::string_view text) {
  INFER_ASSERT(text.size() <= bytes_);
  for (off_t at = 0; !text.empty();) {
    const auto written = ::pwrite(fd_.get(), text.data(), text.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
}

void OutputFile::commit() {
  const bool direct = written_path_ == path_;
  if (!direct && ::fsync(fd_.get()) != 0) fail("sync");
  if (::close(fd_.release()) != 0) fail("close");
  if (direct) return;
  if (::rename(written_path_.c_str(), path_.c_str()) != 0) fail("rename");
  const auto folder = std::filesystem::path(path_).parent_path();
  const UniqueFd folder_fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_fd || (::fsync(folder_fd.get()) != 0 && errno != EINVAL)) fail("sync the folder of");
}

}  // namespace infer
