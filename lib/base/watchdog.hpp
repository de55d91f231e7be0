// A limit on a call that cannot be given one and cannot be interrupted.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.hpp"

namespace infer {

/// Calls `bark` on a thread of its own unless it is destroyed within `limit`. The call that it watches will
/// not return then, so `bark` should end the process. The limit counts anew after a pause of this process,
/// and while `is_excused`, which is asked some times a second.
class Watchdog {
 public:
  Watchdog(
      Seconds limit, std::function<void()> bark, std::function<bool()> is_excused = [] { return false; });
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void watch(Seconds limit, const std::function<void()>& bark, const std::function<bool()>& is_excused);

  std::mutex mutex_;
  std::condition_variable condition_;
  bool over_ = false;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace infer
