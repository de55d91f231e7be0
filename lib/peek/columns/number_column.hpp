// What the numbers of one field look like together, in memory that does not grow with them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace infer {

/// Values from `begin` to before `end`; the last bin, and those of whole numbers, have their end too.
struct HistogramBin {
  double begin = 0;
  double end = 0;
  double share = 0;  ///< of all values
};

/// Thread-compatible. Pure: of the same values in the same order it says the same.
class NumberColumn {
 public:
  /// Values that are kept for quartiles and histogram: of more, a sample of so many, each as likely as any.
  static constexpr std::size_t kMostKept = std::size_t{1} << 17U;

  /// A NaN or infinity is counted, and nothing else.
  void add(double value);

  std::uint64_t count() const { return count_; }  ///< of finite values
  std::uint64_t non_finite() const { return non_finite_; }
  bool is_sampled() const { return count_ > kept_.size(); }

  // Each requires count() > 0.

  double least() const { return least_; }
  double most() const { return most_; }
  double mean() const { return sum_ / static_cast<double>(count_); }
  /// The three, between two values as numpy.quantile() has it.
  std::array<double, 3> quartiles() const;
  /// At most so many bins, all of one width; one where all values are the same.
  std::vector<HistogramBin> histogram(std::size_t bins) const;

 private:
  std::uint64_t random_below(std::uint64_t end);
  std::vector<HistogramBin> empty_bins(std::size_t most) const;

  std::uint64_t count_ = 0;
  std::uint64_t non_finite_ = 0;
  double least_ = 0;
  double most_ = 0;
  double sum_ = 0;
  bool is_whole_ = true;  // all values
  std::vector<double> kept_;
  std::uint64_t random_ = 0;
};

}  // namespace infer
