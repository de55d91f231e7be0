// The step that a thread of a rank is at: for who watches for a hang, and for the timeline.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "model/model.hpp"
#include "worker/activity.hpp"

namespace infer {

/// One thread's. Thread-safe.
class Step {
 public:
  /// `lane` must outlive this.
  explicit Step(Timeline::Lane& lane) : lane_(lane) {}

  /// Does `work`, which is this step, and returns what it returns.
  template <class Work>
  auto during(Stage stage, std::uint64_t chunk, std::uint64_t rows, Work work) {
    begin(stage, chunk, rows);
    const Ending ending{*this};
    return work();
  }

  /// It is over before its work is: what is left is waiting for other ranks.
  void end();

  std::optional<Activity> now() const;

 private:
  struct Ending {
    Step& step;
    ~Ending() { step.end(); }
  };

  void begin(Stage stage, std::uint64_t chunk, std::uint64_t rows);

  mutable std::mutex mutex_;
  Timeline::Lane& lane_;
  std::optional<Activity> current_;
  std::uint64_t rows_ = 0;
  Clock::time_point since_;
};

/// Of several threads', the one under way that has taken longest so far.
std::optional<Activity> slowest_of(const std::deque<Step>& steps);

/// Whether it is a step, too, to wait for other ranks.
enum class Waiting : std::uint8_t { is_no_step, is_part_of_it };

/// A model of which every forward is a step.
class WatchedModel final : public Model {
 public:
  /// `device_lane` gets what a GPU did, where there is one. All must outlive this.
  WatchedModel(Model& model, Step& step, Timeline::Lane* device_lane, std::uint64_t chunk,
               Waiting waiting = Waiting::is_no_step)
      : model_(model), step_(step), device_lane_(device_lane), chunk_(chunk), waiting_(waiting) {}

  const ModelInfo& info() const override { return model_.info(); }
  void use_this_thread() override { model_.use_this_thread(); }
  std::uint64_t state_digest() override { return model_.state_digest(); }
  void treat(const ModelTreatment& treatment) override { model_.treat(treatment); }
  void free_cached_memory() override { model_.free_cached_memory(); }
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    auto watched = batch;
    watched.on_handed_over = [&] {
      if (waiting_ == Waiting::is_no_step) step_.end();
      if (batch.on_handed_over) batch.on_handed_over();
    };
    return step_.during(Stage::model, chunk_, batch.rows, [&] { return model_.run(watched); });
  }
  DeviceUse take_device_use() override {
    auto use = model_.take_device_use();
    for (const auto& one : use.intervals) {
      if (device_lane_ != nullptr) device_lane_->add({"GPU", one.begin, one.end, chunk_});
    }
    return use;
  }

 private:
  Model& model_;
  Step& step_;
  Timeline::Lane* device_lane_;
  std::uint64_t chunk_;
  Waiting waiting_;
};

}  // namespace infer
