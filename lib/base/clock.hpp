// Time: durations for the report and deadlines for every wait.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace infer {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

inline double seconds_of(std::uint64_t ns) { return static_cast<double>(ns) * 1e-9; }

/// When this process began, before its libraries were loaded; to 10 ms. The time of the call where the kernel
/// does not tell.
Clock::time_point process_start();

/// Nanoseconds since 1970 as "2026-11-21T09:15:20.123456789Z".
std::string time_text(std::int64_t ns);

/// "60", "0.5": for messages.
std::string seconds_text(Seconds seconds);

/// Nanoseconds since construction.
class Stopwatch {
 public:
  std::uint64_t elapsed_ns() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count());
  }
  double elapsed_s() const { return Seconds(Clock::now() - start_).count(); }

 private:
  Clock::time_point start_ = Clock::now();
};

/// A point in time after which a wait is given up.
class Deadline {
 public:
  explicit Deadline(Seconds limit)
      : limit_(std::min(limit, kLongest)),
        end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(limit_)) {}
  bool passed() const { return Clock::now() >= end_; }
  double limit_s() const { return limit_.count(); }

 private:
  static constexpr Seconds kLongest{3.2e8};  // ten years: still far from what nanoseconds can count
  Seconds limit_;
  Clock::time_point end_;
};

}  // namespace infer
