// When a GPU had work of ours, by events on its streams. On a CPU all of this does nothing.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "model/model.hpp"

namespace infer::detail {

/// Thread-safe.
class DeviceClock {
 public:
  /// Waits for the device. Its time and the host's are compared then, and at the end of every work: what was
  /// done is known to be over when the host sees that it is.
  explicit DeviceClock(c10::Device device);

  /// What the calling thread gives to its stream, from construction to wait().
  class Work {
   public:
    explicit Work(DeviceClock& clock);
    /// Until all of it is done.
    void wait();

   private:
    DeviceClock& clock_;
    std::optional<c10::Event> begin_;
  };

  /// Of the calling thread, since it asked last.
  DeviceUse take();

 private:
  c10::Event record() const;
  Clock::duration since_zero(const c10::Event& event) const;
  /// `end` was not later than `seen`.
  void add(const c10::Event& begin, c10::Event end, Clock::time_point seen);

  c10::Device device_;
  std::mutex mutex_;  // of all below
  std::optional<c10::Event> zero_;
  Clock::time_point zero_time_;  // not before the event's own: the least that any work allowed
  std::map<std::thread::id, DeviceUse> use_;
  Clock::time_point covered_until_;  // the end of the latest interval, any thread's
};

}  // namespace infer::detail
