// Which files a result consists of, and which of them are not finished.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "record/input_format.hpp"

namespace infer {

enum class ResultForm : std::uint8_t { lines, cells, table, array };

/// What the run that made a file says of it.
struct RunCounts {
  std::uint64_t records = 0;
  std::uint64_t failed = 0;  ///< of these
};

struct ResultFile {
  std::string path;
  ResultForm form = ResultForm::lines;
  InputFormat format = InputFormat::jsonl;
  std::uint64_t bytes = 0;  ///< that count
  std::uint64_t begin = 0;  ///< of rows that are wanted; others than 0 only of plain lines
  bool is_packed = false;
  bool is_finished = true;
  std::optional<RunCounts> run{};  ///< where the run's record is beside it
  std::string errors{};  ///< the list of errors beside it, where there is one that tells more than its rows

  std::uint64_t errors_bytes = std::numeric_limits<std::uint64_t>::max();  ///< of it that count

  /// Rows have columns, as CSV and Parquet have them.
  bool is_flat() const { return form == ResultForm::cells || form == ResultForm::table; }
};

struct ResultFiles {
  std::vector<ResultFile> files;
  bool is_finished = true;         ///< all of it
  std::vector<std::string> notes;  ///< what a person must know of them
};

/// Of all that was named, as one: each a file, "-" for standard input, or a folder of parts; of one that is
/// not finished what is on disk of it. Throws UsageError.
ResultFiles result_files(const std::vector<std::string>& paths);

}  // namespace infer
