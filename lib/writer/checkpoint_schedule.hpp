// When the next checkpoint is due. Pure.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace infer {

/// Thread-compatible.
class CheckpointSchedule {
 public:
  CheckpointSchedule(Seconds interval, Clock::time_point now) : interval_(interval) { made(now, Seconds(0)); }

  bool is_due(Clock::time_point now) const { return now >= next_; }

  /// One that is on disk now; when it took long, the next is put off, to a minute at most.
  void made(Clock::time_point now, Seconds took) {
    const auto pause = std::max(interval_, std::min(took / kMostTime, kLongestStretch));
    next_ = now + std::chrono::duration_cast<Clock::duration>(pause);
  }

 private:
  static constexpr double kMostTime = 0.05;  // share of the writer's time, which it rarely needs
  static constexpr Seconds kLongestStretch{60};

  Seconds interval_;
  Clock::time_point next_;
};

}  // namespace infer
