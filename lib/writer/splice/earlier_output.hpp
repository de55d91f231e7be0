// A finished output from which a new one takes over all rows but those that are scored again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "writer/splice/retry_config.hpp"

namespace infer {

/// The first row of `text`, with its end; all of it when it has none.
std::string_view first_row(std::string_view text, const RowLayout& layout);

/// Reads row by row, in bounded memory but for one row. Thread-compatible.
class EarlierOutput {
 public:
  /// Files whose rows follow one another, one at least. From byte `position` of the first on, which is row
  /// `row`; 0 is behind the header. Throws UsageError.
  EarlierOutput(std::vector<std::string> paths, RowLayout layout, std::uint64_t position, std::uint64_t row);

  /// Of the file that is being read.
  std::string header() const;
  const std::string& path() const { return paths_[file_]; }
  /// Empty at the end. Valid until the next call. Throws RunError.
  std::string_view next();

  /// Byte of the file that is being read.
  std::uint64_t position() const { return position_; }
  /// Number of the row that next() will return.
  std::uint64_t row() const { return row_; }

 private:
  void open(std::uint64_t position);
  bool open_next();
  bool fill();

  std::vector<std::string> paths_;
  RowLayout layout_;
  std::size_t file_ = 0;
  UniqueFd fd_;
  std::string buffer_;
  std::size_t taken_ = 0;   ///< of the buffer
  std::uint64_t read_ = 0;  ///< bytes of the file
  std::uint64_t position_ = 0;
  std::uint64_t row_ = 0;
};

}  // namespace infer
