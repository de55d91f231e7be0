#include "base/watchdog.hpp"

#include <utility>

namespace infer {

Watchdog::Watchdog(Seconds limit, std::function<void()> bark)
    : thread_([this, limit, bark = std::move(bark)] {
        std::unique_lock lock(mutex_);
        if (!condition_.wait_for(lock, limit, [this] { return over_; })) bark();
      }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  condition_.notify_one();
}

}  // namespace infer
