// A doorbell: threads ring it when they have news, one thread sleeps until then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace infer {

/// For who also polls for what rings no bell, such as messages of other ranks.
constexpr std::chrono::milliseconds kPollEvery{1};

/// Thread-safe. Rings between two waits count once.
class Doorbell {
 public:
  void ring() {
    {
      std::lock_guard lock(mutex_);
      rung_ = true;
    }
    condition_.notify_one();
  }

  /// Returns at once when it has rung since the last wait, else at the next ring or after `limit`.
  void wait(std::chrono::microseconds limit = kPollEvery) {
    std::unique_lock lock(mutex_);
    condition_.wait_for(lock, limit, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
};

}  // namespace infer
