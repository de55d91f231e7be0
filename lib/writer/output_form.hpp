// What makes a file of rows: a header before them, and what packs them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace infer {

struct OutputForm {
  /// What stands before so many rows. Empty: nothing.
  std::function<std::string(std::uint64_t rows)> header{};
  /// It is of one size for any number, and written first and again when they are counted.
  bool header_counts_rows = false;
  /// Packs the text of a chunk, whatever was packed before it. Empty: the file holds the text itself.
  std::function<std::string(std::string_view text)> pack{};
};

}  // namespace infer
