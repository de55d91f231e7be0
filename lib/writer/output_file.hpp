// A file that appears under its name only when it is complete and on disk.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace infer {

/// Throws UsageError when OutputFile(path) could not work, as far as that shows without touching anything.
/// `rewritten`: rewrite_start() will be used, which only a regular file allows.
void check_output(const std::string& path, bool rewritten = false);

/// Thread-compatible. Writes go to NAME.partial in the same folder until commit(). Standard output ("-") and
/// what is no regular file (a pipe, a device) are written directly; a link is followed. Without commit() the
/// partial stays.
class OutputFile {
 public:
  /// Throws UsageError when the file cannot be created.
  explicit OutputFile(const std::string& path);

  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes a partial file into which nothing was written.
  ~OutputFile();

  /// Throws RunError naming the file, the bytes written so far and the reason.
  void write(std::string_view text);

  /// Replaces the first bytes of what was written; as write() else. Only for a regular file.
  void rewrite_start(std::string_view text);

  /// Syncs, closes, renames and syncs the folder, each step checked. Throws RunError.
  void commit();

  const std::string& path() const { return path_; }
  /// Where the bytes are before commit(); equals path() when written directly.
  const std::string& written_path() const { return written_path_; }

 private:
  [[noreturn]] void fail(const std::string& attempt) const;

  std::string path_;
  std::string written_path_;
  UniqueFd fd_;
  unsigned long long bytes_ = 0;
};

}  // namespace infer
