#include "worker/batch_feed.hpp"

#include <utility>

namespace infer {

std::optional<BatchTask> BatchFeed::next() {
  std::lock_guard lock(mutex_);  // while one waits for a chunk, the others wait for it
  if (!in_turn_) {
    auto decoded = decoded_.pop();
    if (!decoded) return std::nullopt;
    const auto& config = scorings_[decoded->scoring];
    in_turn_ = std::make_shared<DealtChunk>(*std::move(decoded), config);
  }
  BatchTask task{in_turn_, std::nullopt};
  if (in_turn_->prediction.batches() > 0) task.batch = in_turn_->dealt;
  if (++in_turn_->dealt == in_turn_->tasks()) in_turn_.reset();
  return task;
}

std::optional<ScoredChunk> BatchFeed::finish(const BatchTask& task) {
  if (task.chunk->unfinished.fetch_sub(1) > 1) return std::nullopt;
  return ScoredChunk{task.chunk->scoring, task.chunk->prediction.take()};
}

}  // namespace infer
