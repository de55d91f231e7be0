// A file that appears under its name only when it is complete and on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/unique_fd.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/output_name.hpp"

namespace infer {

/// Thread-compatible. Without commit() the partial file stays.
class OutputFile {
 public:
  /// Goes on after `kept`, the last segment to stay of a partial file, and drops what follows; a new file
  /// when it ends at 0, with owner and mode of the one that it is to replace. Throws UsageError when the file
  /// cannot be created or opened.
  explicit OutputFile(const std::string& path, const Segment& kept = {});

  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes a partial file into which nothing was written.
  ~OutputFile();

  /// Waits until somebody reads the pipe that this is; true at once for other files. False when `is_over`
  /// before. Throws RunError.
  bool open_pipe(const std::function<bool()>& is_over);

  /// Throws RunError naming the file, the bytes written so far and the reason; also where another process has
  /// cut the file, or added to it.
  void write(std::string_view text);

  /// Writes or replaces the first bytes, which belong to no segment; as write() else. Only for a regular
  /// file.
  void write_start(std::string_view text);

  /// Writes what `make` makes of the file, open for reading, and of its number of bytes; as write() else.
  /// Only for a regular file. Returns how many bytes that was.
  std::uint64_t write_end(const std::function<std::string(int fd, std::uint64_t bytes)>& make);

  /// What was written since the last call is on disk when this returns; a file written directly is not
  /// synced. When nothing was, returns the segment before again: the last bytes of a file, where a power cut
  /// would show, are always in its last segment. Behind a start it is an empty one, and {0, 0} only of a file
  /// without a byte. Throws RunError, also where another process has taken the file's name.
  Segment sync();

  /// Written so far, with a start and what was kept.
  std::uint64_t bytes() const { return bytes_; }

  /// Nothing is in it, not even a start.
  bool is_empty() const { return bytes_ == 0; }

  /// After the last sync(): closes and publishes. Throws RunError.
  void commit(Existing existing = Existing::is_replaced);

  const OutputPath& path() const { return path_; }

 private:
  void open(std::uint64_t keep);
  void create();
  void block_on_writes();
  /// Whether the name before the last is still this file's, and no other process has put another one there.
  bool has_its_name() const;
  bool has_its_size() const;
  void check_name() const;
  void check_size() const;
  void write_at(std::string_view text, std::uint64_t offset);
  [[noreturn]] void fail(const std::string& attempt) const;

  OutputPath path_;
  UniqueFd fd_;
  bool waits_for_reader_ = false;
  std::uint64_t bytes_ = 0;
  std::uint64_t segment_begin_ = 0;
  Digest segment_;
  Segment last_;
};

}  // namespace infer
