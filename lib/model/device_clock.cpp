#include "model/device_clock.hpp"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace infer::detail {

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
  const auto end = clock_.record();
  end.synchronize();
  clock_.add(clock_.time_of(*begin_), clock_.time_of(end));
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

Clock::time_point DeviceClock::time_of(const c10::Event& event) const {
  const std::chrono::duration<double, std::milli> since(zero_->elapsedTime(event));
  return zero_time_ + std::chrono::duration_cast<Clock::duration>(since);
}

void DeviceClock::add(Clock::time_point begin, Clock::time_point end) {
  const std::lock_guard lock(mutex_);
  auto& use = use_[std::this_thread::get_id()];
  ++use.waits;
  use.intervals.push_back({begin, end});
  use.busy_ns += static_cast<std::uint64_t>(
      std::max<Clock::duration>(end - std::max(begin, covered_until_), Clock::duration::zero()).count());
  covered_until_ = std::max(covered_until_, end);
}

}  // namespace infer::detail
