#include "start/trial_in_time.hpp"

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/pause_watch.hpp"
#include "base/timeline.hpp"
#include "worker/step.hpp"

namespace infer {
namespace {

/// What the thread needs. Outlives the call when a forward hangs.
struct Trial {
  std::shared_ptr<Model> model;
  std::optional<Bundle> bundle;
  RunConfig config;
  RawChunk sample;
  Timeline none{};
  Step step{none.lane("trial")};
  WatchedModel watched{*model, step, nullptr, 0, Waiting::is_part_of_it};

  ResolvedSignature run() {
    watched.use_this_thread();
    return resolve_signature(watched, bundle, config, sample);
  }
};

}  // namespace

ResolvedSignature resolve_in_time(std::shared_ptr<Model> model, std::optional<Bundle> bundle,
                                  const RunConfig& config, RawChunk sample, const std::string& rank,
                                  const std::function<void()>& turn) {
  const std::chrono::milliseconds look{turn ? 1 : 50};
  constexpr Seconds kLongestTurn{1};
  const auto trial = std::make_shared<Trial>(std::move(model), std::move(bundle), config, std::move(sample));
  std::packaged_task<ResolvedSignature()> task([trial] { return trial->run(); });
  auto resolved = task.get_future();
  std::thread thread(std::move(task));
  PauseWatch pause(kLongestTurn);
  const auto limit = config.stops.stall_timeout;
  while (resolved.wait_for(look) != std::future_status::ready) {
    pause.turn();
    if (turn) turn();
    const auto forward = while_awake(trial->step.now(), pause);
    if (!forward || forward->seconds <= limit.count()) continue;
    thread.detach();
    throw RunError(rank + " has been in the model with the first records for " + seconds_text(limit) +
                   " s (--stall-timeout) without an end; if one step may take that long, raise the limit");
  }
  thread.join();
  return resolved.get();
}

}  // namespace infer
