#include "worker/step.hpp"

namespace infer {

void Step::begin(Stage stage, std::uint64_t chunk, std::uint64_t rows) {
  std::lock_guard lock(mutex_);
  current_ = {stage, chunk, 0};
  rows_ = rows;
  since_ = Clock::now();
}

void Step::end() {
  std::lock_guard lock(mutex_);
  if (current_ && lane_.is_on())
    lane_.add({stage_name(current_->stage), since_, Clock::now(), current_->chunk, rows_});
  current_.reset();
}

std::optional<Activity> slowest_of(const std::deque<Step>& steps) {
  std::optional<Activity> slowest;
  for (const auto& step : steps) slowest = slower(slowest, step.now());
  return slowest;
}

std::optional<Activity> Step::now() const {
  std::lock_guard lock(mutex_);
  auto activity = current_;
  if (activity) activity->seconds = Seconds(Clock::now() - since_).count();
  return activity;
}

}  // namespace infer
