#include "record/record_choice.hpp"

namespace infer {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): numbers that follow each other become bits that
/// tell nothing of each other.
std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
  return bits ^ (bits >> 31U);
}

/// In [0, 1), by the upper 53 bits.
double as_share(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1p-53; }

}  // namespace

bool RecordChoice::takes(std::uint64_t number) const {
  if (ends_before(number)) return false;
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;
  return !share || as_share(mixed(mixed(seed + kGolden) + (number + 1) * kGolden)) < *share;
}

}  // namespace infer
