// How many of many things are equal to another one, in memory that does not grow with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace infer {

/// Things are told apart by digests of 64 bits. Exact up to kMostDifferent of them; of more it looks at a
/// half, a quarter, ..., chosen by the digests themselves, so that all that are equal are in it or none.
/// Thread-compatible.
class RepeatCounter {
 public:
  static constexpr std::size_t kMostSlots = std::size_t{1} << 21U;  ///< of 12 bytes
  static constexpr std::size_t kMostDifferent = kMostSlots / 4 * 3;

  RepeatCounter();

  void add(std::uint64_t digest);

  bool is_exact() const { return halvings_ == 0; }
  /// About, when not exact: all that have an equal one.
  std::uint64_t repeated() const;
  /// Likewise: as which there are.
  std::uint64_t different() const { return std::uint64_t{used_} << halvings_; }

 private:
  bool is_looked_at(std::uint64_t digest) const;
  void count(std::uint64_t digest, std::uint32_t times);
  void make_room();

  std::vector<std::uint64_t> digests_;  // 0: free
  std::vector<std::uint32_t> counts_;
  std::size_t used_ = 0;
  unsigned halvings_ = 0;
};

}  // namespace infer
