// One rank's work on chunks, from the grant to what travels to rank 0: its stages, and its own parts where it
// writes rows itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/doorbell.hpp"
#include "record/part.hpp"
#include "start/setup.hpp"
#include "worker/activity.hpp"
#include "worker/rank_pipeline.hpp"
#include "writer/parts/part_writer.hpp"

namespace infer {

/// Main thread only; its threads are its own.
class RankWork {
 public:
  /// `on_news` is called from any thread.
  RankWork(const RunSetup& setup, const std::function<void()>& on_news);
  RankWork(const RankWork&) = delete;
  RankWork& operator=(const RankWork&) = delete;
  ~RankWork();

  void grant(GrantedChunk chunk) { pipeline_.grant(std::move(chunk)); }
  /// All chunks of a part were shipped.
  void finish(const PartOrder& order) { parts_->finish(order); }

  /// Hands on from one stage to the next. Throws what a stage died of.
  void turn();
  // What was finished in the turns since the last call.
  std::vector<FinishedChunk> take_chunks();
  std::vector<FinishedPart> take_parts();

  /// Large messages are on their way, which move on in turns only.
  bool is_moving() const { return link_ && link_->is_moving(); }
  bool writes_parts() const { return parts_.has_value(); }
  /// Chunks through the model so far.
  std::uint64_t predicted() const { return pipeline_.predicted(); }
  /// The step under way that has taken longest so far.
  std::optional<Activity> slowest() const;

 private:
  bool serialize_;
  std::shared_ptr<GroupLink> link_;  ///< null: the model is on this rank alone
  std::optional<PartWriter> parts_;
  RankPipeline pipeline_;
  std::vector<FinishedChunk> chunks_;
  std::vector<FinishedPart> finished_parts_;
};

/// Sleeps until there is news, or not at all while something moves.
inline void wait_for_news(Doorbell& news, const RankWork& work) {
  work.is_moving() ? std::this_thread::yield() : news.wait();
}

}  // namespace infer
