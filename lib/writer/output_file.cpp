#include "writer/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "base/standard_output.hpp"
#include "writer/sync_folder.hpp"

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
  if (path == "-" || !std::filesystem::is_symlink(path, error) || !is_regular_or_new(path)) return path;
  const auto target = std::filesystem::canonical(path, error).string();
  return error ? path : target;
}

}  // namespace

OutputPath output_path(const std::string& path) {
  const auto final = resolved(path);
  return {final, final != "-" && is_regular_or_new(final) ? final + ".partial" : final};
}

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

void publish(const OutputPath& path) {
  if (::rename(path.written.c_str(), path.final.c_str()) != 0)
    throw RunError(errno_message("cannot rename " + path.written + " to " + path.final));
  sync_folder_of(path.final);
}

OutputFile::OutputFile(const std::string& path, const Segment& kept) : path_(output_path(path)), last_(kept) {
  open(kept.end);
  if (!fd_) throw UsageError(errno_message("cannot create the output " + path_.written));
}

void OutputFile::open(std::uint64_t keep) {
  if (path_.final == "-") {
    fd_ = UniqueFd(::fcntl(standard_output(), F_DUPFD_CLOEXEC, 0));
    return;
  }
  const int truncate = keep == 0 ? O_TRUNC : 0;
  fd_ = UniqueFd(::open(path_.written.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | truncate, kFileMode));
  if (!fd_ || keep == 0) return;
  const auto end = checked_cast<off_t>(keep);
  if (::ftruncate(fd_.get(), end) != 0 || ::lseek(fd_.get(), end, SEEK_SET) != end) fail("cut back");
  bytes_ = keep;
  segment_begin_ = keep;
}

OutputFile::~OutputFile() {
  if (fd_ && bytes_ == 0 && !path_.is_direct()) ::unlink(path_.written.c_str());
}

void OutputFile::fail(const std::string& attempt) const {
  const auto reason =
      errno_message("cannot " + attempt + " " + (path_.final == "-" ? "standard output" : path_.written));
  throw RunError(reason + " (after " + std::to_string(bytes_) + " bytes)");
}

void OutputFile::write(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    segment_.add(text.substr(0, static_cast<std::size_t>(written)));
    text.remove_prefix(static_cast<std::size_t>(written));
    bytes_ += static_cast<std::uint64_t>(written);
  }
}

void OutputFile::write_start(std::string_view text) {
  INFER_ASSERT(bytes_ == 0 || text.size() <= bytes_);
  write_at(text, 0);
  if (bytes_ > 0) return;
  bytes_ = text.size();
  segment_begin_ = bytes_;
  last_ = {bytes_, bytes_, segment_.value()};
  if (::lseek(fd_.get(), checked_cast<off_t>(bytes_), SEEK_SET) < 0) fail("write");
}

void OutputFile::write_at(std::string_view text, std::uint64_t offset) {
  while (!text.empty()) {
    const auto written = ::pwrite(fd_.get(), text.data(), text.size(), checked_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

Segment OutputFile::sync() {
  if (path_.is_direct()) return {};
  if (::fdatasync(fd_.get()) != 0) fail("sync");
  if (bytes_ == segment_begin_) return last_;
  last_ = {segment_begin_, bytes_, segment_.value()};
  segment_begin_ = bytes_;
  segment_ = {};
  return last_;
}

void OutputFile::commit() {
  if (::close(fd_.release()) != 0) fail("close");
  if (!path_.is_direct()) publish(path_);
}

}  // namespace infer
