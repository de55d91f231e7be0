// A finished output from which a new one takes over all rows but those that are scored again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace infer {

/// How rows lie in a file.
struct RowLayout {
  std::size_t header_bytes = 0;
  std::size_t row_bytes = 0;  ///< 0: a row ends with a newline
  bool is_json = true;        ///< a failed record's row says so
  bool is_quoted = false;     ///< a newline between two quotes ends no row
};

/// The first row of `text`, with its end; all of it when it has none.
std::string_view first_row(std::string_view text, const RowLayout& layout);

/// Reads row by row, in bounded memory but for one row. Thread-compatible.
class EarlierOutput {
 public:
  /// From byte `position` on, which is row `row`; 0 is behind the header. Throws UsageError.
  EarlierOutput(std::string path, RowLayout layout, std::uint64_t position, std::uint64_t row);

  std::string header() const;
  /// Empty at the end. Valid until the next call. Throws RunError.
  std::string_view next();

  std::uint64_t position() const { return position_; }
  /// Number of the row that next() will return.
  std::uint64_t row() const { return row_; }

 private:
  bool fill();

  std::string path_;
  RowLayout layout_;
  UniqueFd fd_;
  std::string buffer_;
  std::size_t taken_ = 0;   ///< of the buffer
  std::uint64_t read_ = 0;  ///< bytes of the file
  std::uint64_t position_ = 0;
  std::uint64_t row_ = 0;
};

}  // namespace infer
