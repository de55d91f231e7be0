// Lets the forwards of one model run side by side, or one of them alone.
#pragma once

#include <condition_variable>
#include <mutex>

namespace infer::detail {

/// Thread-safe.
class ForwardGate {
 public:
  /// Held while a forward runs.
  class Pass {
   public:
    /// Waits. Who is to be alone goes before all who come later.
    Pass(ForwardGate& gate, bool alone) : gate_(gate), alone_(alone) { gate_.enter(alone_); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() { gate_.leave(alone_); }

   private:
    ForwardGate& gate_;
    const bool alone_;
  };

 private:
  void enter(bool alone) {
    std::unique_lock lock(mutex_);
    if (alone) {
      ++waiting_alone_;
      changed_.wait(lock, [this] { return running_ == 0; });
      --waiting_alone_;
      one_is_alone_ = true;
    } else {
      changed_.wait(lock, [this] { return waiting_alone_ == 0 && !one_is_alone_; });
    }
    ++running_;
  }

  void leave(bool alone) {
    {
      const std::lock_guard lock(mutex_);
      --running_;
      if (alone) one_is_alone_ = false;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
  int waiting_alone_ = 0;
  bool one_is_alone_ = false;
};

}  // namespace infer::detail
