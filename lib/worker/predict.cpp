#include "worker/predict.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "signature/own_shapes.hpp"

namespace infer {
namespace {

/// More are not counted.
constexpr std::size_t kMostShapes = 1 << 16;

RecordError out_of_memory(const std::string& cause) {
  return {
      RecordErrorCode::out_of_memory,
      "no memory to score even this record alone: " + cause +
          "; shorten the record, or give the run more memory (fewer ranks on this host, a larger device)"};
}

/// Of each example, the first row that it came from.
std::vector<std::size_t> rows_of_examples(const RowTable& table, std::size_t examples) {
  std::vector<std::size_t> row_of(examples);
  for (std::size_t row = table.rows.size(); row-- > 0;) {
    if (table.rows[row].has_example()) row_of[table.rows[row].example] = row;
  }
  return row_of;
}

/// An example's error is that of all its rows.
void spread_errors(RowTable& table, std::span<const std::size_t> row_of) {
  for (auto& row : table.rows) {
    if (row.has_example()) row.error = table.rows[row_of[row.example]].error;
  }
}

/// Inputs of fixed shape have no lengths.
ChunkAccount sizes_met(std::span<const ExampleSize> sizes, std::span<const BatchOutputs> batches) {
  ChunkAccount met;
  for (const auto& size : sizes) {
    if (size.length > 0) met.lengths.add(size.length);
  }
  for (const auto& batch : batches) {
    std::uint64_t longest = 0;
    for (const auto example : batch.examples) longest = std::max(longest, sizes[example].length);
    met.batch_rows.add(batch.examples.size());
    if (longest > 0) met.batch_lengths.add(longest);
  }
  return met;
}

/// What one batch of the cut became.
struct BatchResult {
  std::vector<BatchOutputs> outputs;
  ChunkWork work;
};

}  // namespace

/// Read by all threads; a thread writes only the results, and the rows' errors, of its own batches.
struct ChunkPrediction::Shared {
  Shared(DecodedChunk chunk, const Signature& its_signature, const BatchLimits& limits,
         std::optional<std::uint64_t> its_seed)
      : signature(its_signature), seed(its_seed), inputs(std::move(chunk.inputs)), cut_by(limits) {
    out.table = std::move(chunk.table);
    out.texts = std::move(chunk.texts);
    out.examples = chunk.examples;
    out.work = chunk.work;
    for (const auto& spec : signature.inputs) dtypes.push_back(spec.dtype);
    row_of = rows_of_examples(out.table, out.examples);
    sizes = measure_examples(signature.inputs, inputs, out.examples);
    batches = cut_batches(sizes, limits);
    results.resize(batches.size());
  }

  const Signature& signature;
  std::optional<std::uint64_t> seed;
  std::vector<Column> inputs;
  std::vector<DType> dtypes;
  std::vector<std::size_t> row_of;
  std::vector<ExampleSize> sizes;
  BatchLimits cut_by;
  std::vector<std::vector<std::size_t>> batches;
  std::vector<BatchResult> results;  // of the batches
  PredictedChunk out;
};

/// One batch on one thread.
class ChunkPrediction::BatchRun {
 public:
  BatchRun(Shared& chunk, BatchResult& result, Model& model, RunnerState& runner)
      : chunk_(chunk),
        result_(result),
        model_(model),
        runner_(runner),
        limits_(runner.limits),
        limits_before_(limits_) {}

  void run(std::span<const std::size_t> batch) {
    const Stopwatch watch;
    const auto at_first = limits_;
    run_within_limits(batch, chunk_.cut_by);
    ++result_.work.batches;
    report_limits(at_first);
    result_.work.model_ns = watch.elapsed_ns() - waited_ns_ + others_ns_;
    const auto use = model_.take_device_use();
    result_.work.device_ns = use.busy_ns;
    result_.work.device_waits = use.waits;
  }

 private:
  void run_or_split(std::span<const std::size_t> examples) {
    auto refusal = try_run(examples);
    const bool lacks_memory = refusal && refusal->code == RecordErrorCode::out_of_memory;
    if (lacks_memory) model_.free_cached_memory();
    if (lacks_memory && examples.size() == 1) {
      limits_ = limits_before_;  // this record was the reason, not the size of its batch
      // Other threads' batches had a part of the memory: whether a record fits must not hang on that.
      refusal = try_run(examples, /*alone=*/true);
      if (!refusal) ++result_.work.alone;
    }
    if (!refusal) return;
    if (examples.size() == 1) {
      chunk_.out.table.rows[chunk_.row_of[examples[0]]].error = std::move(refusal);
      return;
    }
    if (lacks_memory) return run_smaller(examples);
    const auto half = examples.size() / 2;
    run_or_split(examples.first(half));
    run_or_split(examples.subspan(half));
  }

  void run_smaller(std::span<const std::size_t> examples) {
    limits_ = halve_limits(limits_, chunk_.sizes, examples);
    ++result_.work.halved;
    recut(examples);
  }

  void recut(std::span<const std::size_t> examples) {
    const auto limits = limits_;
    const auto batches = cut_batches(chunk_.sizes, {examples.begin(), examples.end()}, limits);
    result_.work.batches += batches.size() - 1;
    for (const auto& batch : batches) run_within_limits(batch, limits);
  }

  /// `batch` was cut by `limits`; by now others may hold.
  void run_within_limits(std::span<const std::size_t> batch, const BatchLimits& limits) {
    if (limits_ == limits) {
      run_or_split(batch);
    } else {
      recut(batch);
    }
  }

  void report_limits(const BatchLimits& at_first) {
    auto& work = result_.work;
    if (limits_.max_rows != at_first.max_rows) work.fitting_rows = limits_.max_rows;
    if (limits_.max_elements != at_first.max_elements) work.fitting_elements = limits_.max_elements;
  }

  /// Why the model refuses, if it does; the batch's memory is free again by then. A record alone that it
  /// refuses may be one too few for it.
  std::optional<RecordError> try_run(std::span<const std::size_t> examples, bool alone = false) {
    const auto least = chunk_.signature.min_batch;
    auto refusal = try_rows(examples, least, alone);
    const bool too_few = refusal && refusal->code == RecordErrorCode::model_error && examples.size() == 1 &&
                         least == 1 && !chunk_.cut_by.one_by_one;
    return too_few ? try_rows(examples, 2, alone) : refusal;
  }

  /// Of rounded shape.
  std::uint64_t longest(std::span<const std::size_t> examples) const {
    std::uint64_t length = 0;
    for (const auto example : examples) length = std::max(length, chunk_.sizes[example].length);
    return rounded_length(length, limits_.rounding);
  }

  void note_shape(std::span<const HostTensor> tensors) {
    std::string shapes;
    for (const auto& tensor : tensors) shapes += shape_text(tensor.shape);
    if (runner_.shapes.size() < kMostShapes && runner_.shapes.insert(digest_of(shapes)).second)
      ++result_.work.shapes;
  }

  /// Examples fewer than `least`, or than the rows of a rounded shape, are given several times; the model's
  /// further rows are nobody's.
  std::optional<RecordError> try_rows(std::span<const std::size_t> examples, std::size_t least, bool alone) {
    std::vector<std::size_t> rows(examples.begin(), examples.end());
    rows.resize(std::max(least, rounded_rows(rows.size(), longest(examples), limits_)), examples.back());
    const auto& rounding = limits_.rounding;
    try {
      const auto tensors = collate(chunk_.signature.inputs, chunk_.inputs, rows, rounding);
      note_shape(tensors);
      ModelBatch batch{tensors, chunk_.dtypes, rows.size(), alone, false, seed_of(examples.front())};
      batch.chunk = chunk_.out.table.range.id;
      Stopwatch waiting;
      batch.on_handed_over = [&] { waiting = {}; };
      batch.on_handed_back = [&](std::uint64_t others_ns) {
        waited_ns_ += waiting.elapsed_ns();
        others_ns_ += others_ns;
      };
      auto outputs = named(model_.run(batch));
      auto own = own_shapes(outputs, chunk_.signature.result.shapes, chunk_.signature.inputs, chunk_.inputs,
                            rows, rounding);
      result_.outputs.push_back({{examples.begin(), examples.end()}, std::move(outputs), std::move(own)});
      for (const auto& tensor : tensors) result_.work.padded_elements += element_count(tensor.shape);
      return std::nullopt;
    } catch (const OutOfMemory& error) {
      return out_of_memory(error.what());
    } catch (const std::bad_alloc&) {
      return out_of_memory("no memory on this host");
    } catch (const ModelError& error) {
      return RecordError{RecordErrorCode::model_error, error.what()};
    }
  }

  /// The same for any number of ranks.
  std::optional<std::uint64_t> seed_of(std::size_t first) const {
    if (!chunk_.seed) return std::nullopt;
    const auto& row = chunk_.out.table.rows[chunk_.row_of[first]];
    const auto place =
        std::to_string(*chunk_.seed) + ' ' + std::to_string(row.file) + ' ' + std::to_string(row.offset);
    return digest_of(place);
  }

  /// A bundle's names instead of the model's own.
  std::vector<NamedTensor> named(std::vector<NamedTensor> outputs) const {
    const auto& names = chunk_.signature.result.outputs;
    for (std::size_t i = 0; i < std::min(outputs.size(), names.size()); ++i) outputs[i].name = names[i];
    return outputs;
  }

  Shared& chunk_;
  BatchResult& result_;
  Model& model_;
  RunnerState& runner_;
  BatchLimits& limits_;
  BatchLimits limits_before_;    // this batch, which may have brought them down
  std::uint64_t waited_ns_ = 0;  // for other ranks
  std::uint64_t others_ns_ = 0;  // in which those were at it
};

ChunkPrediction::ChunkPrediction(DecodedChunk chunk, const Signature& signature, const BatchLimits& limits,
                                 std::optional<std::uint64_t> seed)
    : shared_(std::make_unique<Shared>(std::move(chunk), signature, limits, seed)) {}

ChunkPrediction::~ChunkPrediction() = default;

std::uint64_t ChunkPrediction::id() const { return shared_->out.table.range.id; }

std::size_t ChunkPrediction::batches() const { return shared_->batches.size(); }

void ChunkPrediction::run(std::size_t batch, Model& model, RunnerState& runner) {
  BatchRun(*shared_, shared_->results[batch], model, runner).run(shared_->batches[batch]);
}

ModelResult ChunkPrediction::take() {
  auto& out = shared_->out;
  for (auto& result : shared_->results) {
    std::ranges::move(result.outputs, std::back_inserter(out.batches));
    out.work += result.work;
  }
  spread_errors(out.table, shared_->row_of);
  for (const auto& column : shared_->inputs) {
    for (std::size_t e = 0; e < column.size(); ++e) out.work.elements += element_count(column.shape(e));
  }
  auto account = sizes_met(shared_->sizes, out.batches);
  return {std::move(out), account};
}

}  // namespace infer
