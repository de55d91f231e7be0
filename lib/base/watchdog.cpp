#include "base/watchdog.hpp"

#include <algorithm>
#include <utility>

#include "base/pause_watch.hpp"

namespace infer {

Watchdog::Watchdog(Seconds limit, std::function<void()> bark, std::function<bool()> is_excused)
    : thread_([this, limit, bark = std::move(bark), is_excused = std::move(is_excused)] {
        watch(limit, bark, is_excused);
      }) {}

void Watchdog::watch(Seconds limit, const std::function<void()>& bark,
                     const std::function<bool()>& is_excused) {
  constexpr Seconds kLook{0.2};
  constexpr Seconds kLongestTurn{1};
  PauseWatch pause(kLongestTurn);
  Deadline end(limit);
  std::unique_lock lock(mutex_);
  while (!condition_.wait_for(lock, std::min(limit, kLook), [this] { return over_; })) {
    if (pause.turn() > Seconds(0) || is_excused()) end = Deadline(limit);
    if (end.passed()) return bark();
  }
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  condition_.notify_one();
}

}  // namespace infer
