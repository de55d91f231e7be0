#include "worker/predict.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "worker/cut_chunk.hpp"
#include "worker/forwards.hpp"

namespace infer {

/// A thread writes only the results, and the rows' errors, of its own batches.
struct ChunkPrediction::Shared {
  detail::CutChunk chunk;
  std::vector<detail::ForwardResults> results;  // of the batches
};

/// One batch on one thread: what is to be done where the model refuses it.
class ChunkPrediction::BatchRun {
 public:
  BatchRun(detail::CutChunk& chunk, detail::ForwardResults& results, Model& model, RunnerState& runner)
      : chunk_(chunk),
        work_(results.work),
        model_(model),
        limits_(runner.limits),
        limits_before_(limits_),
        forwards_(chunk, model, runner, results) {}

  void run(std::span<const std::size_t> batch) {
    const Stopwatch watch;
    run_within_limits(batch, chunk_.cut_by);
    ++work_.batches;
    report_limits();
    work_.model_ns = forwards_.model_ns(watch.elapsed_ns());
    const auto use = model_.take_device_use();
    work_.device_ns = use.busy_ns;
    work_.device_waits = use.waits;
  }

 private:
  /// `batch` was cut by `limits`; by now others may hold.
  void run_within_limits(std::span<const std::size_t> batch, const BatchLimits& limits) {
    if (limits_ == limits) {
      run_or_split(batch);
    } else {
      recut(batch);
    }
  }

  void run_or_split(std::span<const std::size_t> examples) {
    auto refusal = forwards_.try_run(examples);
    const bool lacks_memory = refusal && refusal->code == RecordErrorCode::out_of_memory;
    if (lacks_memory) model_.free_cached_memory();
    if (lacks_memory && examples.size() == 1) {
      limits_ = limits_before_;  // this record was the reason, not the size of its batch
      // Other threads' batches had a part of the memory: whether a record fits must not hang on that.
      refusal = forwards_.try_run(examples, /*alone=*/true);
      if (!refusal) ++work_.alone;
    }
    if (!refusal) return;
    if (examples.size() == 1) {
      chunk_.row_of(examples[0]).error = std::move(refusal);
      return;
    }
    if (lacks_memory) return run_smaller(examples);
    const auto half = examples.size() / 2;
    run_or_split(examples.first(half));
    run_or_split(examples.subspan(half));
  }

  void run_smaller(std::span<const std::size_t> examples) {
    limits_ = halve_limits(limits_, chunk_.sizes, examples);
    ++work_.halved;
    recut(examples);
  }

  void recut(std::span<const std::size_t> examples) {
    const auto limits = limits_;
    const auto batches = cut_batches(chunk_.sizes, {examples.begin(), examples.end()}, limits);
    work_.batches += batches.size() - 1;
    for (const auto& batch : batches) run_within_limits(batch, limits);
  }

  void report_limits() {
    if (limits_.max_rows != limits_before_.max_rows) work_.fitting_rows = limits_.max_rows;
    if (limits_.max_elements != limits_before_.max_elements) work_.fitting_elements = limits_.max_elements;
  }

  detail::CutChunk& chunk_;
  ChunkWork& work_;
  Model& model_;
  BatchLimits& limits_;
  const BatchLimits limits_before_;  // this batch, which may have brought them down
  detail::Forwards forwards_;
};

ChunkPrediction::ChunkPrediction(DecodedChunk chunk, const Signature& signature, const BatchLimits& limits,
                                 std::optional<std::uint64_t> seed)
    : shared_(std::make_unique<Shared>(detail::CutChunk(std::move(chunk), signature, limits, seed))) {
  shared_->results.resize(shared_->chunk.batches.size());
}

ChunkPrediction::~ChunkPrediction() = default;

std::uint64_t ChunkPrediction::id() const { return shared_->chunk.chunk.table.range.id; }

std::size_t ChunkPrediction::batches() const { return shared_->chunk.batches.size(); }

void ChunkPrediction::run(std::size_t batch, Model& model, RunnerState& runner) {
  auto& [chunk, results] = *shared_;
  BatchRun(chunk, results[batch], model, runner).run(chunk.batches[batch]);
}

ModelResult ChunkPrediction::take() {
  auto& [chunk, results] = *shared_;
  chunk.spread_errors();
  auto& decoded = chunk.chunk;
  PredictedChunk out{std::move(decoded.table), {}, std::move(decoded.texts), decoded.examples, decoded.work};
  out.work.elements += chunk.elements();
  for (auto& result : results) {
    std::ranges::move(result.outputs, std::back_inserter(out.batches));
    out.work += result.work;
  }
  const auto account = chunk.sizes_met(out.batches);
  return {std::move(out), account};
}

}  // namespace infer
