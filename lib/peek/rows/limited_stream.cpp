#include "peek/rows/limited_stream.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "reader/stream/unpacked_stream.hpp"

namespace infer {
namespace {

constexpr std::size_t kFirstBytes = 16;

UniqueFd open_file(const std::string& path) {
  if (path == "-") return UniqueFd(::dup(STDIN_FILENO));
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::string read_some(ByteStream& stream, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = stream.read(std::as_writable_bytes(std::span(text).subspan(have)));
    have += got.bytes;
    if (got.at_end) break;
  }
  text.resize(have);
  return text;
}

}  // namespace

LimitedStream::LimitedStream(std::string path, std::uint64_t bytes, std::uint64_t begin)
    : path_(std::move(path)), fd_(open_file(path_)), left_(bytes - begin) {
  if (!fd_) throw UsageError(errno_message("infer peek: cannot open " + path_));
  if (begin > 0 && ::lseek(fd_.get(), checked_cast<off_t>(begin), SEEK_SET) < 0)
    throw RunError(errno_message("infer peek: cannot read " + path_), /*may_go_on=*/false);
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

StreamRead LimitedStream::read(std::span<std::byte> target) {
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), left_));
  if (most == 0) return {0, true};
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), target.data(), most);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw RunError(errno_message("infer peek: cannot read " + path_), /*may_go_on=*/false);
  left_ -= static_cast<std::uint64_t>(got);
  return {static_cast<std::size_t>(got), got == 0 || left_ == 0};
}

FirstBytes first_bytes(const std::string& path) {
  FirstBytes first;
  LimitedStream plain(path, kFirstBytes);
  first.plain = read_some(plain, kFirstBytes);
  UnpackedStream unpacked(std::make_unique<LimitedStream>(path, UINT64_MAX), path);
  try {
    first.unpacked = read_some(unpacked, kFirstBytes);
  } catch (const RunError&) {
    first.unpacked.clear();
  }
  return first;
}

}  // namespace infer
