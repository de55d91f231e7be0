// How far two runs of a model differ in the row of one record. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "record/predicted_chunk.hpp"

namespace infer::detail {

/// One row of what a forward returned.
struct OutputRow {
  std::span<const NamedTensor> outputs;
  std::size_t row = 0;
};

/// What is rounding and what is not, as a share of the largest value of the output.
struct Tolerance {
  double rounding = 1e-4;  ///< differences up to here say nothing
  double wrong = 2e-2;     ///< from here on the values are other ones
  double smallest =
      1e-2;  ///< outputs are taken to be at least so large: a logit near 0 comes from larger numbers
};
/// float32 and float64; a sum in another order differs by some 1e-6.
constexpr Tolerance kFullPrecision{};
/// Half precision has 8 to 11 bits, whole numbers of 8 bits about as many.
constexpr Tolerance kReducedPrecision{3e-2, 1e-1, 0.25};

struct RowDifference {
  std::string output;
  double left = 0;  ///< the values that differ most
  double right = 0;
  double share = 0;       ///< of the largest value; 0: none
  bool in_shape = false;  ///< the rows have not even equal shapes; the values are of what both have
  Tolerance tolerance;

  bool is_rounding() const { return share <= tolerance.rounding; }
  bool is_wrong() const { return share > tolerance.wrong; }
};

/// The largest difference over all outputs; outputs of other names or numbers of dimensions count as in_shape
/// with a share of 1. Whole numbers and booleans that differ have a share of 1.
RowDifference compare_rows(const OutputRow& left, const OutputRow& right, const Tolerance& tolerance);

/// "0.4536 and 0.2575"
std::string both_values(const RowDifference& difference);

}  // namespace infer::detail
