#include "pipeline/predict.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.hpp"

namespace infer {
namespace {

class ChunkPredictor {
 public:
  ChunkPredictor(DecodedChunk chunk, Model& model, const Signature& signature, const BatchLimits& limits)
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
    const auto sizes = measure_examples(specs_, inputs_, out_.examples);
    for (const auto& batch : cut_batches(sizes, limits_)) {
      if (stop.stop_requested()) break;
      run(batch);
      ++out_.work.batches;
    }
    for (const auto& column : inputs_) {
      for (std::size_t e = 0; e < column.size(); ++e) out_.work.elements += element_count(column.shape(e));
    }
    out_.work.model_ns = watch.elapsed_ns();
    return std::move(out_);
  }

 private:
  void run(std::span<const std::size_t> examples) {
    const auto refusal = try_run(examples);
    if (!refusal) return;
    if (examples.size() == 1) {
      out_.table.rows[row_of_[examples[0]]].error = {RecordErrorCode::model_error, *refusal};
      return;
    }
    const auto half = examples.size() / 2;
    run(examples.first(half));
    run(examples.subspan(half));
  }

  /// The model's message when it refuses; the batch's memory is free again by then.
  std::optional<std::string> try_run(std::span<const std::size_t> examples) {
    const auto tensors = collate(specs_, inputs_, examples);
    try {
      out_.batches.push_back({{examples.begin(), examples.end()}, named(model_.run(tensors, dtypes_))});
    } catch (const ModelError& error) {
      return error.what();
    }
    for (const auto& tensor : tensors) out_.work.padded_elements += element_count(tensor.shape);
    return std::nullopt;
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
  const BatchLimits& limits_;
  std::vector<DType> dtypes_;
  std::vector<std::size_t> row_of_;
  PredictedChunk out_;
};

}  // namespace

PredictedChunk predict_chunk(DecodedChunk chunk, Model& model, const Signature& signature,
                             const BatchLimits& limits, const std::stop_token& stop) {
  return ChunkPredictor(std::move(chunk), model, signature, limits).predict(stop);
}

}  // namespace infer
