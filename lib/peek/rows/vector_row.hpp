// What a row of an array holds.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "peek/rows/row_values.hpp"

namespace infer {

/// Thread-compatible.
class VectorRow {
 public:
  /// Valid until the next call. A record that failed has a row of NaN, which does not say why.
  const RowValues& read(std::span<const double> vector) {
    row_.clear();
    row_.task = Task::embedding;
    if (std::ranges::all_of(vector, [](double value) { return std::isnan(value); })) {
      row_.failure = RowValues::Failure{};
      return row_;
    }
    row_.items.assign(vector.begin(), vector.end());
    row_.vectors.push_back({{{}, "embedding"}, 0, row_.items.size()});
    return row_;
  }

 private:
  RowValues row_;
};

}  // namespace infer
