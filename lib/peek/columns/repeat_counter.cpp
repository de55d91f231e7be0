#include "peek/columns/repeat_counter.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace infer {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr unsigned kDigestBits = 64;

}  // namespace

RepeatCounter::RepeatCounter() : digests_(kFirstSlots), counts_(kFirstSlots) {}

/// By the upper bits; a slot is found by the lower ones.
bool RepeatCounter::is_looked_at(std::uint64_t digest) const {
  return halvings_ == 0 || digest >> (kDigestBits - halvings_) == 0;
}

void RepeatCounter::add(std::uint64_t digest) {
  if (!is_looked_at(digest)) return;
  if (used_ >= digests_.size() / 4 * 3) make_room();
  if (is_looked_at(digest)) count(digest, 1);
}

void RepeatCounter::count(std::uint64_t digest, std::uint32_t times) {
  if (digest == 0) digest = 1;
  const auto mask = digests_.size() - 1;
  auto slot = static_cast<std::size_t>(digest) & mask;
  while (digests_[slot] != 0 && digests_[slot] != digest) slot = (slot + 1) & mask;
  if (digests_[slot] == 0) ++used_;
  digests_[slot] = digest;
  counts_[slot] += std::min(times, std::numeric_limits<std::uint32_t>::max() - counts_[slot]);
}

void RepeatCounter::make_room() {
  const bool is_full = digests_.size() == kMostSlots;
  if (is_full) ++halvings_;
  const auto slots = is_full ? kMostSlots : 2 * digests_.size();
  const auto digests = std::exchange(digests_, std::vector<std::uint64_t>(slots));
  const auto counts = std::exchange(counts_, std::vector<std::uint32_t>(slots));
  used_ = 0;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (digests[i] != 0 && is_looked_at(digests[i])) count(digests[i], counts[i]);
  }
}

std::uint64_t RepeatCounter::repeated() const {
  std::uint64_t sum = 0;
  for (const auto count : counts_) sum += count > 1 ? count : 0;
  return sum << halvings_;
}

}  // namespace infer
