#include "pipeline/predict.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.hpp"

namespace infer {
namespace {

class ChunkPredictor {
 public:
  ChunkPredictor(DecodedChunk chunk, Model& model, const Signature& signature, BatchLimits& limits)
      : inputs_(std::move(chunk.inputs)),
        model_(model),
        specs_(signature.inputs),
        output_names_(signature.result.outputs),
        limits_(limits) {
    out_.table = std::move(chunk.table);
    out_.texts = std::move(chunk.texts);
    out_.examples = chunk.examples;
    out_.work = chunk.work;
    for (const auto& spec : specs_) dtypes_.push_back(spec.dtype);
    row_of_.resize(out_.examples);
    for (std::size_t row = 0; row < out_.table.rows.size(); ++row) {
      if (!out_.table.rows[row].error) row_of_[out_.table.rows[row].example] = row;
    }
  }

  PredictedChunk predict(const std::stop_token& stop) {
    const Stopwatch watch;
    sizes_ = measure_examples(specs_, inputs_, out_.examples);
    const auto limits = limits_;
    for (const auto& batch : cut_batches(sizes_, limits)) {
      if (stop.stop_requested()) break;
      limits_before_ = limits_;
      run_within_limits(batch, limits);
      ++out_.work.batches;
    }
    report_limits(limits);
    for (const auto& column : inputs_) {
      for (std::size_t e = 0; e < column.size(); ++e) out_.work.elements += element_count(column.shape(e));
    }
    out_.work.model_ns = watch.elapsed_ns();
    return std::move(out_);
  }

 private:
  void run(std::span<const std::size_t> examples) {
    auto refusal = try_run(examples);
    if (!refusal) return;
    const bool out_of_memory = refusal->code == RecordErrorCode::out_of_memory;
    if (out_of_memory) model_.free_cached_memory();
    if (examples.size() == 1) return give_up(examples[0], *std::move(refusal));
    if (out_of_memory) return run_smaller(examples);
    const auto half = examples.size() / 2;
    run(examples.first(half));
    run(examples.subspan(half));
  }

  void run_smaller(std::span<const std::size_t> examples) {
    limits_ = halve_limits(limits_, sizes_, examples);
    ++out_.work.halved;
    recut(examples);
  }

  void recut(std::span<const std::size_t> examples) {
    const auto limits = limits_;
    const auto batches = cut_batches(sizes_, {examples.begin(), examples.end()}, limits);
    out_.work.batches += batches.size() - 1;
    for (const auto& batch : batches) run_within_limits(batch, limits);
  }

  /// `batch` was cut by `limits`; by now others may hold.
  void run_within_limits(std::span<const std::size_t> batch, const BatchLimits& limits) {
    if (limits_ == limits) {
      run(batch);
    } else {
      recut(batch);
    }
  }

  void give_up(std::size_t example, RecordError error) {
    // This record was the reason, not the size of its batch.
    if (error.code == RecordErrorCode::out_of_memory) limits_ = limits_before_;
    out_.table.rows[row_of_[example]].error = std::move(error);
  }

  void report_limits(const BatchLimits& at_first) {
    if (limits_.max_rows != at_first.max_rows) out_.work.fitting_rows = limits_.max_rows;
    if (limits_.max_elements != at_first.max_elements) out_.work.fitting_elements = limits_.max_elements;
  }

  /// Why the model refuses, if it does; the batch's memory is free again by then.
  std::optional<RecordError> try_run(std::span<const std::size_t> examples) {
    try {
      const auto tensors = collate(specs_, inputs_, examples);
      out_.batches.push_back({{examples.begin(), examples.end()}, named(model_.run(tensors, dtypes_))});
      for (const auto& tensor : tensors) out_.work.padded_elements += element_count(tensor.shape);
      return std::nullopt;
    } catch (const OutOfMemory& error) {
      return out_of_memory(error.what());
    } catch (const std::bad_alloc&) {
      return out_of_memory("no memory on this host");
    } catch (const ModelError& error) {
      return RecordError{RecordErrorCode::model_error, error.what()};
    }
  }

  static RecordError out_of_memory(const std::string& cause) {
    return {
        RecordErrorCode::out_of_memory,
        "no memory to score even this record alone: " + cause +
            "; shorten the record, or give the run more memory (fewer ranks on this host, a larger device)"};
  }

  /// A bundle's names instead of the model's own.
  std::vector<NamedTensor> named(std::vector<NamedTensor> outputs) const {
    for (std::size_t i = 0; i < std::min(outputs.size(), output_names_.size()); ++i)
      outputs[i].name = output_names_[i];
    return outputs;
  }

  std::vector<Column> inputs_;
  Model& model_;
  std::span<const TensorSpec> specs_;
  std::span<const std::string> output_names_;
  BatchLimits& limits_;
  BatchLimits limits_before_;  // the batch under way, which may have brought them down
  std::vector<ExampleSize> sizes_;
  std::vector<DType> dtypes_;
  std::vector<std::size_t> row_of_;
  PredictedChunk out_;
};

}  // namespace

PredictedChunk predict_chunk(DecodedChunk chunk, Model& model, const Signature& signature,
                             BatchLimits& limits, const std::stop_token& stop) {
  return ChunkPredictor(std::move(chunk), model, signature, limits).predict(stop);
}

}  // namespace infer
