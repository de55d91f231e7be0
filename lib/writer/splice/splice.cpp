#include "writer/splice/splice.hpp"

#include "base/error.hpp"

namespace infer::detail {

void refuse_missing_row(const std::string& output, std::uint64_t rows, std::uint64_t row) {
  throw RunError("--retry-errors: the earlier output " + output + " has only " + std::to_string(rows) +
                     " rows, but row " + std::to_string(row) +
                     " is said to have failed: is --errors the file of another run? Give the right one, and "
                     "--overwrite to "
                     "drop this attempt",
                 /*may_go_on=*/false);
}

void refuse_row_kind(const std::string& output, std::uint64_t row, const std::string& what) {
  throw RunError(
      "--retry-errors: row " + std::to_string(row) + " of the earlier output " + output + " " + what +
          " of a failed record: was it made with another --on-error? Give that one, and --overwrite to drop "
          "this attempt",
      /*may_go_on=*/false);
}

}  // namespace infer::detail
