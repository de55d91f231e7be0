// Which records failed in a finished output: from the file that collected them, or from the output itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "writer/journal/output_start.hpp"

namespace infer {

/// A record that failed, as its error says.
struct FailedRecord {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;  ///< physical line, from 1
  std::uint64_t row = 0;   ///< record of the whole input, from 0

  bool operator==(const FailedRecord&) const = default;
};

/// Whether a row of the output, with its newline, is that of a failed record: an error may also stand in what
/// a good one passes through.
bool is_error_row(std::string_view row);

/// In input order, to `take`. `in_place`: error rows stand in the output (--on-error record, no array), so
/// that it tells itself what failed when no errors file is named. Throws UsageError when there is no list, or
/// one that does not say all that is needed.
void read_failures(const OutputNames& names, bool in_place,
                   const std::function<void(const FailedRecord&)>& take);

}  // namespace infer
