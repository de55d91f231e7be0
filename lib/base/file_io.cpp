#include "base/file_io.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/checked_cast.hpp"

namespace infer {
namespace {

/// Calls `move` with how much is done, until it has moved `size` bytes or moves no more.
template <class Move>
FileRead move_all(std::size_t size, Move move) {
  std::size_t done = 0;
  while (done < size) {
    const auto moved = move(done);
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return {done, moved < 0};
    done += static_cast<std::size_t>(moved);
  }
  return {done};
}

}  // namespace

bool write_all(int fd, std::string_view text) {
  const auto write = [&](std::size_t done) { return ::write(fd, text.data() + done, text.size() - done); };
  return !move_all(text.size(), write).failed;
}

bool write_all_at(int fd, std::string_view text, std::uint64_t offset) {
  const auto write = [&](std::size_t done) {
    return ::pwrite(fd, text.data() + done, text.size() - done, checked_cast<off_t>(offset + done));
  };
  return !move_all(text.size(), write).failed;
}

FileRead read_at(int fd, std::span<std::byte> target, std::uint64_t offset) {
  return move_all(target.size(), [&](std::size_t done) {
    const auto rest = target.subspan(done);
    return ::pread(fd, rest.data(), rest.size(), checked_cast<off_t>(offset + done));
  });
}

FileRead read_at(int fd, std::span<char> target, std::uint64_t offset) {
  return read_at(fd, std::as_writable_bytes(target), offset);
}

FileRead read_pieces(int fd, std::uint64_t begin, std::uint64_t end,
                     const std::function<void(std::string_view piece)>& use) {
  constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20U;
  std::string piece(std::min(end - begin, kPieceBytes), '\0');
  for (auto at = begin; at < end;) {
    const auto wanted = std::min<std::uint64_t>(piece.size(), end - at);
    const auto [bytes, failed] = read_at(fd, std::span(piece).first(wanted), at);
    if (bytes > 0) use(std::string_view(piece).substr(0, bytes));
    at += bytes;
    if (failed || bytes < wanted) return {at - begin, failed};
  }
  return {end - begin};
}

}  // namespace infer
