// How often each size came, in bins that grow with it: what a histogram is drawn from.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace infer {

/// A bin each for 0, 1, 2 and 3, then two for each power of two: 4-5, 6-7, 8-11, 12-15, ... The last one
/// takes all that is larger.
struct SizeCounts {
  static constexpr std::size_t kBins = 48;
  std::array<std::uint64_t, kBins> counts{};

  static std::size_t bin(std::uint64_t size) {
    if (size < 2) return size;
    const auto log2 = static_cast<std::size_t>(std::bit_width(size)) - 1;
    const std::size_t is_upper_half = (size >> (log2 - 1)) & 1U;
    return std::min(2 * log2 + is_upper_half, kBins - 1);
  }
  /// The smallest size of it.
  static std::uint64_t begin(std::size_t bin) {
    if (bin < 2) return bin;
    const auto power = std::uint64_t{1} << (bin / 2);
    return power + (bin % 2) * (power / 2);
  }

  void add(std::uint64_t size, std::uint64_t times = 1) { counts[bin(size)] += times; }
  std::uint64_t sum() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }
  SizeCounts& operator+=(const SizeCounts& other) {
    for (std::size_t i = 0; i < kBins; ++i) counts[i] += other.counts[i];
    return *this;
  }
  bool operator==(const SizeCounts&) const = default;
};

}  // namespace infer
