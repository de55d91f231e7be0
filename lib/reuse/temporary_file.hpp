// A file for as long as it is needed, that a killed process does not leave behind.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace infer {

/// Without a name until it is given one; where the file system has no such files, with one from the begin.
/// Thread-compatible. All throw UsageError, whose text says what to do where there is no room.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string folder, bool may_be_nameless = true);
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  /// Removes the name. Who has the file open keeps it.
  ~TemporaryFile();

  /// Returns the byte where it begins.
  std::uint64_t append(std::string_view text);
  /// So that the next append() begins at a multiple of `bytes`.
  void align(std::uint64_t bytes);
  void write_at(std::string_view text, std::uint64_t offset);
  void read_at(std::span<char> target, std::uint64_t offset) const;

  /// For others to open, until this is destroyed.
  const std::string& name_it();

  std::uint64_t bytes() const { return bytes_; }
  const UniqueFd& descriptor() const { return fd_; }

 private:
  std::string folder_;
  std::string name_;  ///< empty: none
  UniqueFd fd_;
  std::uint64_t bytes_ = 0;
};

}  // namespace infer
