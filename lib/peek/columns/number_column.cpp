#include "peek/columns/number_column.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr double kMostWhole = 1e15;  ///< beyond, doubles leave out whole numbers

double value_at(const std::vector<double>& sorted, double share) {
  const auto place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

}  // namespace

/// By SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t NumberColumn::random_below(std::uint64_t end) {
  auto mixed = random_ += 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  mixed ^= mixed >> 31U;
  return mixed % end;
}

void NumberColumn::add(double value) {
  if (!std::isfinite(value)) {
    ++non_finite_;
    return;
  }
  least_ = count_ == 0 ? value : std::min(least_, value);
  most_ = count_ == 0 ? value : std::max(most_, value);
  sum_ += value;
  is_whole_ = is_whole_ && value == std::floor(value);
  ++count_;
  if (kept_.size() < kMostKept) return kept_.push_back(value);
  const auto place = random_below(count_);
  if (place < kept_.size()) kept_[place] = value;
}

std::array<double, 3> NumberColumn::quartiles() const {
  INFER_ASSERT(count_ > 0);
  auto sorted = kept_;
  std::ranges::sort(sorted);
  return {value_at(sorted, 0.25), value_at(sorted, 0.5), value_at(sorted, 0.75)};
}

/// Bins of whole numbers hold as many of these each, so that none is wider by chance.
std::vector<HistogramBin> NumberColumn::empty_bins(std::size_t most) const {
  const auto all = static_cast<double>(most);
  const bool is_whole = is_whole_ && most_ - least_ < kMostWhole;
  const auto width = is_whole ? std::ceil((most_ - least_ + 1) / all) : most_ / all - least_ / all;
  if (!(most_ > least_) || !(width > 0)) return {{least_, most_, 0}};
  const auto count = is_whole ? static_cast<std::size_t>((most_ - least_) / width) + 1 : most;
  std::vector<HistogramBin> bins(count);
  for (std::size_t i = 0; i < count; ++i) {
    bins[i].begin = least_ + static_cast<double>(i) * width;
    bins[i].end = is_whole ? bins[i].begin + width - 1 : least_ + static_cast<double>(i + 1) * width;
  }
  if (!is_whole) bins.back().end = most_;
  return bins;
}

std::vector<HistogramBin> NumberColumn::histogram(std::size_t bins) const {
  INFER_ASSERT(count_ > 0 && bins > 0);
  auto histogram = empty_bins(bins);
  const auto width = histogram.size() == 1 ? 1 : histogram[1].begin / 2 - histogram[0].begin / 2;
  for (const auto value : kept_) {
    const auto bin = static_cast<std::size_t>((value / 2 - least_ / 2) / width);  // halves: none overflows
    histogram[std::min(bin, histogram.size() - 1)].share += 1;
  }
  for (auto& bin : histogram) bin.share /= static_cast<double>(kept_.size());
  return histogram;
}

}  // namespace infer
