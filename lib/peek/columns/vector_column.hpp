// What the vectors of one field look like together: what a broken model or export shows in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "peek/columns/number_column.hpp"
#include "peek/columns/repeat_counter.hpp"

namespace infer {

/// Thread-compatible.
class VectorColumn {
 public:
  void add(std::span<const double> vector);

  std::uint64_t count() const { return count_; }
  /// Of the shortest and of the longest one.
  std::size_t least_width() const { return least_width_; }
  std::size_t most_width() const { return most_width_; }

  std::uint64_t non_finite() const { return non_finite_; }  ///< have a NaN or infinity; not in what follows
  std::uint64_t zero() const { return zero_; }              ///< are nothing but zeros
  const NumberColumn& norms() const { return norms_; }      ///< Euclidean
  const RepeatCounter& repeats() const { return repeats_; }
  /// Dimensions, from 0, that have one value in all of two vectors or more. None where widths differ.
  std::vector<std::size_t> constant() const;

 private:
  void compare_with_first(std::span<const double> vector);

  std::uint64_t count_ = 0;
  std::uint64_t non_finite_ = 0;
  std::uint64_t zero_ = 0;
  std::size_t least_width_ = 0;
  std::size_t most_width_ = 0;
  NumberColumn norms_;
  RepeatCounter repeats_;
  std::vector<double> first_;
  std::vector<std::size_t> constant_;  // so far
};

}  // namespace infer
