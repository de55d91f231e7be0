// Deals batches to the threads that run the model: all of one chunk before those of the next.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "base/bounded_queue.hpp"
#include "worker/scored_chunk.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// A chunk whose batches are being dealt.
struct DealtChunk {
  DealtChunk(ChunkToScore decoded, const ScoringConfig& config)
      : scoring(decoded.scoring),
        prediction(std::move(decoded.chunk), config.signature, config.batch, config.seed),
        unfinished(tasks()) {}

  /// A chunk without a batch still has to be handed on by somebody.
  std::size_t tasks() const { return std::max<std::size_t>(1, prediction.batches()); }

  std::size_t scoring;
  ChunkPrediction prediction;
  std::size_t dealt = 0;  // tasks; guarded by the feed
  std::atomic<std::size_t> unfinished;
};

/// One batch to run; none when the chunk has no batch at all.
struct BatchTask {
  std::shared_ptr<DealtChunk> chunk;
  std::optional<std::size_t> batch;
};

/// Thread-safe. Several threads at one chunk finish it sooner, and the last chunk keeps all of them busy.
class BatchFeed {
 public:
  /// `scorings`, of the whole run, must outlive this. The queue can hold `capacity` chunks.
  BatchFeed(std::span<const ScoringConfig> scorings, std::size_t capacity)
      : scorings_(scorings), decoded_(capacity) {}

  /// False once it is closed.
  bool push(ChunkToScore chunk) { return decoded_.push(std::move(chunk)); }

  /// Blocks; empty once it is closed.
  std::optional<BatchTask> next();

  /// What waits is dropped.
  void discard() { decoded_.discard(); }

  /// To be called for every task once it has run: gives the whole chunk to the last caller.
  static std::optional<ScoredChunk> finish(const BatchTask& task);

 private:
  std::span<const ScoringConfig> scorings_;
  BoundedQueue<ChunkToScore> decoded_;
  std::mutex mutex_;
  std::shared_ptr<DealtChunk> in_turn_;  // guarded by the mutex
};

}  // namespace infer
