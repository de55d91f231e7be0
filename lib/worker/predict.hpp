// Runs one chunk's examples through the model, batch by batch, on as many threads as there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>

#include "batcher/batcher.hpp"
#include "model/model.hpp"
#include "record/chunk_account.hpp"
#include "record/predicted_chunk.hpp"
#include "record/signature.hpp"

namespace infer {

/// What a runner keeps from batch to batch.
struct RunnerState {
  BatchLimits limits;                          ///< brought down when the memory does not do for them
  std::unordered_set<std::uint64_t> shapes{};  ///< digests of those that it has met
};

/// A chunk that went through it, and the sizes that it met there.
struct ModelResult {
  PredictedChunk chunk;
  ChunkAccount account{};
};

/// A chunk on its way through the model. Which thread runs which batch, and when, changes nothing in the
/// result.
class ChunkPrediction {
 public:
  /// `limits` cut the batches; `signature` must outlive this. With a `seed`, what a batch draws is a function
  /// of that and of where its first record lies.
  ChunkPrediction(DecodedChunk chunk, const Signature& signature, const BatchLimits& limits,
                  std::optional<std::uint64_t> seed = {});
  ChunkPrediction(const ChunkPrediction&) = delete;
  ChunkPrediction& operator=(const ChunkPrediction&) = delete;
  ~ChunkPrediction();

  std::uint64_t id() const;
  std::size_t batches() const;

  /// Each batch once; different ones may run at the same time. A batch that the model refuses is halved until
  /// the guilty records are alone; those get a RecordError. One too large for the memory is cut by smaller
  /// limits, which `runner` keeps for what comes; a record that fits not even alone gets a RecordError and
  /// leaves the limits as they were. Throws RunError when the model can not run at all any more.
  void run(std::size_t batch, Model& model, RunnerState& runner);

  /// Once, after all batches have run.
  ModelResult take();

 private:
  class BatchRun;
  struct Shared;

  std::unique_ptr<Shared> shared_;
};

}  // namespace infer
