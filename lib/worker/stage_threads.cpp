#include "worker/stage_threads.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <new>
#include <utility>

#include "base/doorbell.hpp"
#include "base/error.hpp"

namespace infer {

/// With the threads. Outlives StageThreads when one of them hangs.
struct StageThreads::Shared {
  Shared(std::shared_ptr<Timeline> of, std::function<void(std::exception_ptr)> failure)
      : timeline(std::move(of)), on_failure(std::move(failure)) {}

  void run(const std::function<void(Step&)>& stage, const char* work, Step& step);

  const std::shared_ptr<Timeline> timeline;
  const std::function<void(std::exception_ptr)> on_failure;
  std::deque<Step> steps;  // one per thread
  std::atomic<std::size_t> ended{0};
  Doorbell one_has_left;
};

/// The whole life of one thread.
void StageThreads::Shared::run(const std::function<void(Step&)>& stage, const char* work, Step& step) {
  try {
    stage(step);
  } catch (const std::bad_alloc&) {
    on_failure(std::make_exception_ptr(RunError(out_of_memory_message(work))));
  } catch (...) {
    on_failure(std::current_exception());
  }
  ++ended;
  one_has_left.ring();
}

StageThreads::StageThreads(std::shared_ptr<Timeline> timeline,
                           std::function<void(std::exception_ptr)> on_failure)
    : shared_(std::make_shared<Shared>(std::move(timeline), std::move(on_failure))) {}

void StageThreads::start(const char* lane, const char* work, std::function<void(Step&)> stage) {
  auto& step = shared_->steps.emplace_back(shared_->timeline->lane(lane));
  threads_.emplace_back(
      [shared = shared_, stage = std::move(stage), work, &step] { shared->run(stage, work, step); });
}

bool StageThreads::wait(Seconds limit) const {
  for (const Deadline deadline(limit); shared_->ended < threads_.size() && !deadline.passed();)
    shared_->one_has_left.wait(std::chrono::milliseconds(10));
  return shared_->ended == threads_.size();
}

void StageThreads::leave_behind() {
  for (auto& thread : threads_) thread.detach();
}

std::optional<Activity> StageThreads::slowest() const { return slowest_of(shared_->steps); }

}  // namespace infer
