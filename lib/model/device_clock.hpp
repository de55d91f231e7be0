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
  /// Waits for the device: its time and the host's are compared then.
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
  Clock::time_point time_of(const c10::Event& event) const;
  void add(Clock::time_point begin, Clock::time_point end);

  c10::Device device_;
  std::optional<c10::Event> zero_;
  Clock::time_point zero_time_;
  std::mutex mutex_;
  std::map<std::thread::id, DeviceUse> use_;  // guarded by the mutex
  Clock::time_point covered_until_;           // likewise: the end of the latest interval, any thread's
};

}  // namespace infer::detail
