#include "reader/stream/file_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/error.hpp"
#include "reader/input_fd.hpp"

namespace infer {
namespace {

constexpr int kPipeBytes = 1 << 20;
constexpr int kLongestWaitMs = 50;  ///< until a wish to stop is heard of

}  // namespace

void FileStream::open() {
  if (fd_) return;
  fd_ = file_.kind == InputKind::standard_input ? UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0))
                                                : open_input(file_.path);
  if (!fd_) throw RunError(errno_message("cannot open the input " + file_.path));
  if (!file_.stays()) ::fcntl(fd_.get(), F_SETPIPE_SZ, kPipeBytes);  // if it is one, and if that is allowed
}

/// A pipe that nobody has opened for writing yet has neither bytes nor an end.
bool FileStream::has_news() const {
  pollfd one{fd_.get(), POLLIN, 0};
  return ::poll(&one, 1, kLongestWaitMs) > 0;
}

/// SIZE_MAX: nothing is there right now.
std::size_t FileStream::read_some(std::span<std::byte> target) const {
  const auto got = ::read(fd_.get(), target.data(), target.size());
  if (got >= 0) return static_cast<std::size_t>(got);
  if (errno == EAGAIN || errno == EINTR) return SIZE_MAX;
  throw RunError(errno_message("cannot read " + file_.path + " at byte " + std::to_string(position_)));
}

StreamRead FileStream::read(std::span<std::byte> target) {
  watch_.throw_if_stopped();
  open();
  if (file_.stays()) return watch_.during_read(file_.path, [&] { return read_regular(target); });
  const auto got = has_news() ? read_some(target) : SIZE_MAX;
  if (got == SIZE_MAX) return {};
  position_ += got;
  return {got, got == 0};
}

std::uint64_t FileStream::skip(std::uint64_t most) {
  if (!file_.stays() || position_ > file_.bytes) return 0;
  const auto bytes = std::min(most, file_.bytes - position_);
  position_ += bytes;
  return bytes;
}

StreamRead FileStream::read_regular(std::span<std::byte> target) {
  const auto got = read_fully(fd_.get(), target, position_, file_.path);
  check_unchanged(fd_.get(), file_);
  position_ += got;
  if (got == target.size()) return {got, false};
  if (position_ != file_.bytes)
    throw RunError("the input " + file_.path + " ends at byte " + std::to_string(position_) +
                   ", but its size is " + std::to_string(file_.bytes) + "; it or its file system is damaged");
  return {got, true};
}

}  // namespace infer
