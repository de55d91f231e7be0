// Reading and writing descriptors that may give or take a part at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace infer {

/// All of it, however often a signal or a full pipe cuts in. False when that fails; errno says why.
bool write_all(int fd, std::string_view text);

/// Likewise, at a place of a regular file, which stays where it was.
bool write_all_at(int fd, std::string_view text, std::uint64_t offset);

struct FileRead {
  std::size_t bytes = 0;  ///< fewer than were asked for where the file ends, or what is next cannot be read
  bool failed = false;    ///< errno says why
};

/// Fills `target` from a place of a regular file.
FileRead read_at(int fd, std::span<std::byte> target, std::uint64_t offset);
FileRead read_at(int fd, std::span<char> target, std::uint64_t offset);

/// Calls `use` with bytes [begin, end) of a regular file, one piece after the other. `bytes` are all of
/// these.
FileRead read_pieces(int fd, std::uint64_t begin, std::uint64_t end,
                     const std::function<void(std::string_view piece)>& use);

}  // namespace infer
