// Which records of the input a run is asked to score: the first ones, a share of them, or all.
#pragma once

#include <cstdint>
#include <optional>

namespace infer {

/// A record is taken or not by its number alone, however many ranks there are and wherever chunks end.
struct RecordChoice {
  std::optional<std::uint64_t> limit{};  ///< records behind so many are left out
  std::optional<double> share{};         ///< of the others, in [0, 1]
  std::uint64_t seed = 0;                ///< other ones of the same share

  bool is_all() const { return !limit && !share; }
  /// No record from `number` on, which counts from 0, is taken.
  bool ends_before(std::uint64_t number) const { return limit && number >= *limit; }
  bool takes(std::uint64_t number) const;
};

}  // namespace infer
