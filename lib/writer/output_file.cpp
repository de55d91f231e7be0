#include "writer/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/standard_output.hpp"

namespace infer {
namespace {

constexpr mode_t kFileMode = 0666;  // the umask takes away what it must
constexpr std::chrono::milliseconds kBetweenLooks{20};

/// The group's rights are for that group alone.
void keep_owner_and_mode(int fd, const struct stat& old) {
  constexpr mode_t kMode = 07777;
  auto mode = old.st_mode & kMode;
  if (::fchown(fd, old.st_uid, old.st_gid) != 0 && ::fchown(fd, static_cast<uid_t>(-1), old.st_gid) != 0)
    mode &= ~static_cast<mode_t>(S_IRWXG);
  ::fchmod(fd, mode);
}

}  // namespace

OutputFile::OutputFile(const std::string& path, const Segment& kept) : path_(output_path(path)), last_(kept) {
  open(kept.end);
  if (!fd_ && !waits_for_reader_)
    throw UsageError(errno_message("cannot create the output " + path_.written));
}

bool OutputFile::open_pipe(const std::function<bool()>& is_over) {
  while (waits_for_reader_ && !is_over()) {
    std::this_thread::sleep_for(kBetweenLooks);
    open(0);
    if (!fd_ && !waits_for_reader_) fail("open");
  }
  return !waits_for_reader_;
}

void OutputFile::block_on_writes() {
  if (::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) & ~O_NONBLOCK) != 0) fail("open");
}

void OutputFile::open(std::uint64_t keep) {
  if (path_.final == "-") {
    fd_ = UniqueFd(::fcntl(standard_output(), F_DUPFD_CLOEXEC, 0));
    return;
  }
  if (path_.is_direct()) {
    fd_ = UniqueFd(::open(path_.written.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    waits_for_reader_ = !fd_ && errno == ENXIO;
    if (fd_) block_on_writes();
    return;
  }
  if (keep == 0) return create();
  fd_ = UniqueFd(::open(path_.written.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd_) return;
  const auto end = checked_cast<off_t>(keep);
  if (::ftruncate(fd_.get(), end) != 0 || ::lseek(fd_.get(), end, SEEK_SET) != end) fail("cut back");
  bytes_ = keep;
  segment_begin_ = keep;
}

/// A file of its own, whatever has had the name: that may have others.
void OutputFile::create() {
  constexpr mode_t kOwnerOnly = 0600;  // until it is as the old one was
  struct stat old {};
  const bool replaces = ::stat(path_.final.c_str(), &old) == 0;
  ::unlink(path_.written.c_str());
  fd_ = UniqueFd(::open(path_.written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        replaces ? kOwnerOnly : kFileMode));
  if (fd_ && replaces) keep_owner_and_mode(fd_.get(), old);
}

OutputFile::~OutputFile() {
  if (fd_ && bytes_ == 0 && !path_.is_direct()) ::unlink(path_.written.c_str());
}

void OutputFile::fail(const std::string& attempt) const {
  const auto reason =
      errno_message("cannot " + attempt + " " + (path_.final == "-" ? "standard output" : path_.written));
  throw RunError(reason + " (after " + std::to_string(bytes_) + " bytes)");
}

bool OutputFile::has_its_size() const {
  struct stat now {};
  return ::fstat(fd_.get(), &now) == 0 && std::cmp_equal(now.st_size, bytes_);
}

/// Else what is written next would lie behind a hole, or behind rows of another.
void OutputFile::check_size() const {
  if (path_.is_direct() || has_its_size()) return;
  ::fdatasync(fd_.get());  // some file systems tell it late
  if (has_its_size()) return;
  throw RunError("cannot go on writing " + path_.written +
                 ": another process has cut it, or writes to it, for it has not the " +
                 std::to_string(bytes_) + " bytes of this run");
}

void OutputFile::check_name() const {
  if (has_its_name()) return;
  throw RunError(path_.written +
                     " was taken away from this run: was it removed or renamed, or does another run write to "
                     "its folder? Put it "
                     "back, where that can be, and give --resume, which scores again what is missing",
                 /*may_go_on=*/false);
}

void OutputFile::write(std::string_view text) {
  check_size();
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
  if (!write_all_at(fd_.get(), text, offset)) fail("write");
}

std::uint64_t OutputFile::write_end(const std::function<std::string(int fd, std::uint64_t bytes)>& make) {
  const UniqueFd readable(::open(path_.written.c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) fail("read back");
  const auto end = make(readable.get(), bytes_);
  write(end);
  return end.size();
}

Segment OutputFile::sync() {
  if (path_.is_direct()) return {};
  if (::fdatasync(fd_.get()) != 0) fail("sync");
  check_name();
  check_size();
  if (bytes_ == segment_begin_) return last_;
  last_ = {segment_begin_, bytes_, segment_.value()};
  segment_begin_ = bytes_;
  segment_ = {};
  return last_;
}

bool OutputFile::has_its_name() const {
  struct stat by_name {};
  struct stat by_fd {};
  return ::lstat(path_.written.c_str(), &by_name) == 0 && ::fstat(fd_.get(), &by_fd) == 0 &&
         by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

void OutputFile::commit(Existing existing) {
  if (::close(fd_.release()) != 0) fail("close");
  if (!path_.is_direct()) publish(path_, existing);
}

}  // namespace infer
