// What each thread did when, for --trace. A timeline that is off costs its users an `if`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace infer {

/// One step of one thread.
struct Span {
  std::string_view what;  ///< outlives the timeline: a literal
  Clock::time_point begin;
  Clock::time_point end;
  std::optional<std::uint64_t> chunk{};
  std::uint64_t rows = 0;  ///< of that chunk; 0: not told
};

/// Thread-safe.
class Timeline {
 public:
  /// One thread's spans, in the order in which they ended.
  class Lane {
   public:
    Lane(Timeline& timeline, std::string name) : timeline_(timeline), name_(std::move(name)) {}

    bool is_on() const { return timeline_.max_spans_ > 0; }
    /// Drops the span when the timeline is off or full.
    void add(const Span& span);

    const std::string& name() const { return name_; }
    std::vector<Span> spans() const;

   private:
    Timeline& timeline_;
    const std::string name_;
    mutable std::mutex mutex_;
    std::vector<Span> spans_;  // guarded by the mutex
  };

  /// Keeps the first `max_spans` of all lanes together; 0: it is off.
  explicit Timeline(std::size_t max_spans = 0) : max_spans_(max_spans) {}

  /// A new lane, which lives as long as the timeline.
  Lane& lane(std::string name);

  /// In the order in which they were made.
  std::vector<const Lane*> lanes() const;

  bool is_full() const { return spans_ > max_spans_; }

 private:
  const std::size_t max_spans_;
  std::atomic<std::size_t> spans_{0};
  mutable std::mutex mutex_;
  std::deque<Lane> lanes_;  // guarded by the mutex
};

/// Adds a span from construction to destruction.
class TimedSpan {
 public:
  TimedSpan(Timeline::Lane& lane, std::string_view what, std::optional<std::uint64_t> chunk = {},
            std::uint64_t rows = 0)
      : lane_(lane), span_{what, lane.is_on() ? Clock::now() : Clock::time_point{}, {}, chunk, rows} {}
  TimedSpan(const TimedSpan&) = delete;
  TimedSpan& operator=(const TimedSpan&) = delete;
  ~TimedSpan() {
    if (!lane_.is_on()) return;
    span_.end = Clock::now();
    lane_.add(span_);
  }

 private:
  Timeline::Lane& lane_;
  Span span_;
};

}  // namespace infer
