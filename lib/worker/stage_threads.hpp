// The threads of a rank's stages, and how they end: what one dies of is told, one that hangs is left behind.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "worker/activity.hpp"
#include "worker/step.hpp"

namespace infer {

/// Main thread only. Waits for its threads at the end, but for those that were left behind.
class StageThreads {
 public:
  /// `on_failure` gets what a stage dies of, on that stage's thread. Kept as long as a thread runs.
  StageThreads(std::shared_ptr<Timeline> timeline, std::function<void(std::exception_ptr)> on_failure);

  /// A thread for `stage`, which must hold all it needs. `work` says for messages what it does; the thread's
  /// steps are in `lane` of the timeline.
  void start(const char* lane, const char* work, std::function<void(Step&)> stage);

  /// False when after `limit` one has not ended yet.
  bool wait(Seconds limit) const;

  /// Those that have not ended, with all they hold: the process is then about to end.
  void leave_behind();

  /// The step under way that has taken longest so far.
  std::optional<Activity> slowest() const;

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  std::vector<std::jthread> threads_;
};

}  // namespace infer
