#include "start/trial_in_time.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/pause_watch.hpp"

namespace infer {
namespace {

/// A model that tells other threads since when a forward has been running.
class TimedModel final : public Model {
 public:
  explicit TimedModel(Model& model) : model_(model) {}

  const ModelInfo& info() const override { return model_.info(); }
  void use_this_thread() override { model_.use_this_thread(); }
  std::uint64_t state_digest() override { return model_.state_digest(); }
  DeviceUse take_device_use() override { return model_.take_device_use(); }
  void treat(const ModelTreatment& treatment) override { model_.treat(treatment); }
  void free_cached_memory() override { model_.free_cached_memory(); }
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    set_begin(Clock::now());
    const Ending ending{*this};
    return model_.run(batch);
  }

  /// Of the forward that is running; zero between two.
  Seconds elapsed() const {
    std::lock_guard lock(mutex_);
    return begin_ ? Seconds(Clock::now() - *begin_) : Seconds(0);
  }

 private:
  struct Ending {
    TimedModel& model;
    ~Ending() { model.set_begin(std::nullopt); }
  };

  void set_begin(std::optional<Clock::time_point> begin) {
    std::lock_guard lock(mutex_);
    begin_ = begin;
  }

  Model& model_;
  mutable std::mutex mutex_;
  std::optional<Clock::time_point> begin_;
};

/// What the thread needs. Outlives the call when a forward hangs.
struct Trial {
  std::shared_ptr<Model> model;
  std::optional<Bundle> bundle;
  RunConfig config;
  RawChunk sample;
  TimedModel timed{*model};

  ResolvedSignature run() {
    timed.use_this_thread();
    return resolve_signature(timed, bundle, config, sample);
  }
};

}  // namespace

ResolvedSignature resolve_in_time(std::shared_ptr<Model> model, std::optional<Bundle> bundle,
                                  const RunConfig& config, RawChunk sample, const std::string& rank) {
  constexpr std::chrono::milliseconds kLook{50};
  constexpr Seconds kLongestTurn{1};
  const auto trial = std::make_shared<Trial>(std::move(model), std::move(bundle), config, std::move(sample));
  std::packaged_task<ResolvedSignature()> task([trial] { return trial->run(); });
  auto resolved = task.get_future();
  std::thread thread(std::move(task));
  PauseWatch pause(kLongestTurn);
  const auto limit = config.stops.stall_timeout;
  while (resolved.wait_for(kLook) != std::future_status::ready) {
    pause.turn();
    if (std::min(trial->timed.elapsed(), pause.awake()) <= limit) continue;
    thread.detach();
    throw RunError(rank + " has been in the model with the first records for " + seconds_text(limit) +
                   " s (--stall-timeout) without an end; if one step may take that long, raise the limit");
  }
  thread.join();
  return resolved.get();
}

}  // namespace infer
