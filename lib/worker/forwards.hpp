// Gives examples of a chunk to a model, in one forward. Internal to how chunks are predicted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "record/predicted_chunk.hpp"
#include "record/record_error.hpp"
#include "worker/cut_chunk.hpp"
#include "worker/predict.hpp"

namespace infer::detail {

/// What forwards gave, and took.
struct ForwardResults {
  std::vector<BatchOutputs> outputs;
  ChunkWork work;
};

/// Those of one thread. What it is made of must outlive it.
class Forwards {
 public:
  Forwards(const CutChunk& chunk, Model& model, RunnerState& runner, ForwardResults& results)
      : chunk_(chunk), model_(model), runner_(runner), results_(results) {}

  /// Why the model refuses the examples, if it does; their memory is free again by then. `alone`: while no
  /// other thread's forward has memory. A record alone that it refuses may be one too few for it. Throws
  /// RunError.
  std::optional<RecordError> try_run(std::span<const std::size_t> examples, bool alone = false);

  /// Of all the time that passed, that in which this model, on any rank, was at it.
  std::uint64_t model_ns(std::uint64_t passed_ns) const { return passed_ns - waited_ns_ + others_ns_; }

 private:
  std::optional<RecordError> try_rows(std::span<const std::size_t> examples, std::size_t least, bool alone);
  void run_rows(std::span<const std::size_t> examples, std::span<const std::size_t> rows, bool alone);
  std::vector<std::size_t> filled_up(std::span<const std::size_t> examples, std::size_t least) const;
  std::vector<NamedTensor> run(ModelBatch batch);
  void note_shape(std::span<const HostTensor> tensors);
  std::optional<std::uint64_t> seed_of(std::size_t first) const;

  const CutChunk& chunk_;
  Model& model_;
  RunnerState& runner_;
  ForwardResults& results_;
  std::uint64_t waited_ns_ = 0;  // for other ranks
  std::uint64_t others_ns_ = 0;  // in which those were at it
};

}  // namespace infer::detail
