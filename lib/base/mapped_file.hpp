// A file in memory, as far as it is looked at: its pages are the page cache's, so one copy serves a host.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/file_stamp.hpp"
#include "base/unique_fd.hpp"

namespace infer {

/// Read only; a promise by whoever writes it that it stays as it is: where it is cut meanwhile, reading what
/// is gone ends the process (SIGBUS). Thread-safe.
class MappedFile {
 public:
  MappedFile() = default;
  /// All that the file has now; it stays when the descriptor is closed. `path` is for messages. Throws
  /// UsageError.
  MappedFile(const UniqueFd& fd, const std::string& path);
  /// Throws UsageError too where there is no such regular file.
  static MappedFile open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {begin_, bytes_}; }
  /// Of the file when it was mapped.
  const FileStamp& stamp() const { return stamp_; }

  /// What is read is here and there: nothing is read ahead.
  void expect_random() const;
  /// The process's pages of [begin, end) go back to the page cache; they come again when they are looked at.
  void release(std::size_t begin, std::size_t end) const;

 private:
  void advise(std::size_t begin, std::size_t end, int advice) const;

  FileStamp stamp_;
  const char* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

/// One pass over a mapped file, in bounded memory: what lies behind is given up. Keeps a reference.
/// Thread-compatible.
class ReadInOrder {
 public:
  explicit ReadInOrder(const MappedFile& file) : file_(file) {}
  /// Nothing before this byte is looked at again soon.
  void read_up_to(std::size_t byte);

 private:
  const MappedFile& file_;
  std::size_t given_up_ = 0;
};

}  // namespace infer
