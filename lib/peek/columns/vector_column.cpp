#include "peek/columns/vector_column.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/digest.hpp"

namespace infer {
namespace {

/// In several sums, which a processor adds up at a time.
double sum_of_squares(std::span<const double> vector) {
  constexpr std::size_t kSums = 8;
  std::array<double, kSums> sums{};
  std::size_t i = 0;
  for (; i + kSums <= vector.size(); i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) sums[k] += vector[i + k] * vector[i + k];
  }
  for (; i < vector.size(); ++i) sums[0] += vector[i] * vector[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// Also of values whose squares no double can hold.
double norm(std::span<const double> vector) {
  const auto sum = sum_of_squares(vector);
  if (std::isnormal(sum)) return std::sqrt(sum);
  double result = 0;
  for (const auto value : vector) result = std::hypot(result, value);
  return result;
}

std::uint64_t digest_of_values(std::span<const double> vector) {
  return digest_of({reinterpret_cast<const char*>(vector.data()), vector.size_bytes()});
}

}  // namespace

void VectorColumn::add(std::span<const double> vector) {
  least_width_ = count_ == 0 ? vector.size() : std::min(least_width_, vector.size());
  most_width_ = std::max(most_width_, vector.size());
  ++count_;
  const auto length = norm(vector);
  const bool is_finite =
      std::isfinite(length) || std::ranges::all_of(vector, [](double value) { return std::isfinite(value); });
  if (!is_finite) {
    ++non_finite_;
    return;
  }
  if (length == 0) ++zero_;
  norms_.add(length);
  repeats_.add(digest_of_values(vector));
  compare_with_first(vector);
}

void VectorColumn::compare_with_first(std::span<const double> vector) {
  if (first_.empty()) {
    first_.assign(vector.begin(), vector.end());
    constant_.resize(first_.size());
    std::iota(constant_.begin(), constant_.end(), 0);
    return;
  }
  if (constant_.empty()) return;
  std::erase_if(constant_, [&](std::size_t i) { return i >= vector.size() || vector[i] != first_[i]; });
}

std::vector<std::size_t> VectorColumn::constant() const {
  if (count_ - non_finite_ < 2 || least_width_ != most_width_) return {};
  return constant_;
}

}  // namespace infer
