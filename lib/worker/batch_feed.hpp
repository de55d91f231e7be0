// Deals batches to the threads that run the model: all of one chunk before those of the next.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/bounded_queue.hpp"
#include "worker/predict.hpp"

namespace infer {

/// A chunk whose batches are being dealt.
struct DealtChunk {
  DealtChunk(DecodedChunk decoded, const Signature& signature, const BatchLimits& limits,
             std::optional<std::uint64_t> seed)
      : prediction(std::move(decoded), signature, limits, seed), unfinished(tasks()) {}

  /// A chunk without a batch still has to be handed on by somebody.
  std::size_t tasks() const { return std::max<std::size_t>(1, prediction.batches()); }

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
  /// The references must outlive this. `limits` cut the batches, `seed` is of what the model draws.
  BatchFeed(BoundedQueue<DecodedChunk>& decoded, const Signature& signature, const BatchLimits& limits,
            std::optional<std::uint64_t> seed)
      : decoded_(decoded), signature_(signature), limits_(limits), seed_(seed) {}

  /// Blocks; empty once the queue is closed.
  std::optional<BatchTask> next();

  /// To be called for every task once it has run: gives the whole chunk to the last caller.
  static std::optional<ModelResult> finish(const BatchTask& task);

 private:
  BoundedQueue<DecodedChunk>& decoded_;
  const Signature& signature_;
  const BatchLimits& limits_;
  const std::optional<std::uint64_t> seed_;
  std::mutex mutex_;
  std::shared_ptr<DealtChunk> in_turn_;  // guarded by the mutex
};

}  // namespace infer
