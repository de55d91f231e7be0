// Which records failed in a finished output: from the file that collected them, or from the output itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "writer/splice/retry_config.hpp"

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

/// Files of an output whose error rows tell what failed (--on-error record, JSON Lines).
struct ErrorRows {
  struct File {
    std::string path;
    std::uint64_t first_record = 0;
  };
  std::vector<File> files;
  std::optional<PieceForm> pieces{};  ///< they are packed
};

/// In input order, to `take`: from the errors file, or else from the output. Throws UsageError when there is
/// no list, or one that does not say all that is needed.
void read_failures(const std::optional<std::string>& errors, const std::optional<ErrorRows>& rows,
                   const std::function<void(const FailedRecord&)>& take);

}  // namespace infer
