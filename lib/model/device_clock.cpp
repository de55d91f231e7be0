#include "model/device_clock.hpp"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace infer::detail {
namespace {

/// Events are that far apart as floats of milliseconds: after a minute to 4 us, after a day to 8 ms.
constexpr auto kLongestSinceZero = std::chrono::minutes(1);

}  // namespace

DeviceClock::DeviceClock(c10::Device device) : device_(device) {
  if (device_.is_cpu()) return;
  const c10::DeviceGuard guard(device_);
  zero_ = record();
  zero_->synchronize();
  zero_time_ = covered_until_ = Clock::now();
}

DeviceClock::Work::Work(DeviceClock& clock) : clock_(clock) {
  if (!clock_.device_.is_cpu()) begin_ = clock_.record();
}

void DeviceClock::Work::wait() {
  if (!begin_) return;
  auto end = clock_.record();
  end.synchronize();
  clock_.add(*begin_, std::move(end), Clock::now());
}

DeviceUse DeviceClock::take() {
  if (!zero_) return {};
  const std::lock_guard lock(mutex_);
  return std::exchange(use_[std::this_thread::get_id()], {});
}

c10::Event DeviceClock::record() const {
  c10::Event event(device_.type(), c10::EventFlag::BACKEND_DEFAULT);  // this flag keeps the time
  event.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  return event;
}

Clock::duration DeviceClock::since_zero(const c10::Event& event) const {
  const std::chrono::duration<double, std::milli> since(zero_->elapsedTime(event));
  return std::chrono::duration_cast<Clock::duration>(since);
}

void DeviceClock::add(const c10::Event& begin, c10::Event end, Clock::time_point seen) {
  const std::lock_guard lock(mutex_);
  const auto end_since_zero = since_zero(end);
  zero_time_ = std::min(zero_time_, seen - end_since_zero);
  const auto from = zero_time_ + since_zero(begin), to = zero_time_ + end_since_zero;
  auto& use = use_[std::this_thread::get_id()];
  ++use.waits;
  use.intervals.push_back({from, to});
  use.busy_ns += static_cast<std::uint64_t>(
      std::max<Clock::duration>(to - std::max(from, covered_until_), Clock::duration::zero()).count());
  covered_until_ = std::max(covered_until_, to);
  if (end_since_zero > kLongestSinceZero) {
    zero_ = std::move(end);
    zero_time_ = seen;
  }
}

}  // namespace infer::detail
