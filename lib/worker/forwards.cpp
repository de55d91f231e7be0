#include "worker/forwards.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "batcher/batcher.hpp"
#include "signature/own_shapes.hpp"

namespace infer::detail {
namespace {

/// More are not counted.
constexpr std::size_t kMostShapes = 1 << 16;

RecordError out_of_memory(const std::string& cause) {
  return {
      RecordErrorCode::out_of_memory,
      "no memory to score even this record alone: " + cause +
          "; shorten the record, or give the run more memory (fewer ranks on this host, a larger device)"};
}

}  // namespace

std::optional<RecordError> Forwards::try_run(std::span<const std::size_t> examples, bool alone) {
  const auto least = chunk_.signature.min_batch;
  auto refusal = try_rows(examples, least, alone);
  const bool too_few = refusal && refusal->code == RecordErrorCode::model_error && examples.size() == 1 &&
                       least == 1 && !chunk_.cut_by.one_by_one;
  return too_few ? try_rows(examples, 2, alone) : refusal;
}

std::optional<RecordError> Forwards::try_rows(std::span<const std::size_t> examples, std::size_t least,
                                              bool alone) {
  const auto rows = filled_up(examples, least);
  try {
    run_rows(examples, rows, alone);
    return std::nullopt;
  } catch (const OutOfMemory& error) {
    return out_of_memory(error.what());
  } catch (const std::bad_alloc&) {
    return out_of_memory("no memory on this host");
  } catch (const ModelError& error) {
    return RecordError{RecordErrorCode::model_error, error.what()};
  }
}

/// Examples fewer than `least`, or than the rows of a rounded shape, are given several times; the model's
/// further rows are nobody's.
std::vector<std::size_t> Forwards::filled_up(std::span<const std::size_t> examples, std::size_t least) const {
  std::uint64_t longest = 0;
  for (const auto example : examples) longest = std::max(longest, chunk_.sizes[example].length);
  const auto& limits = runner_.limits;
  const auto rounded = rounded_rows(examples.size(), rounded_length(longest, limits.rounding), limits);
  std::vector<std::size_t> rows(examples.begin(), examples.end());
  rows.resize(std::max(least, rounded), examples.back());
  return rows;
}

void Forwards::run_rows(std::span<const std::size_t> examples, std::span<const std::size_t> rows,
                        bool alone) {
  const auto& signature = chunk_.signature;
  const auto& inputs = chunk_.chunk.inputs;
  const auto& rounding = runner_.limits.rounding;
  const auto tensors = collate(signature.inputs, inputs, rows, rounding);
  note_shape(tensors);
  auto outputs = run({tensors, chunk_.dtypes, rows.size(), alone, false, seed_of(examples.front())});
  auto own = own_shapes(outputs, signature.result.shapes, signature.inputs, inputs, rows, rounding);
  results_.outputs.push_back({{examples.begin(), examples.end()}, std::move(outputs), std::move(own)});
  for (const auto& tensor : tensors) results_.work.padded_elements += element_count(tensor.shape);
}

/// With a bundle's names instead of the model's own.
std::vector<NamedTensor> Forwards::run(ModelBatch batch) {
  batch.chunk = chunk_.chunk.table.range.id;
  Stopwatch waiting;
  batch.on_handed_over = [&] { waiting = {}; };
  batch.on_handed_back = [&](std::uint64_t others_ns) {
    waited_ns_ += waiting.elapsed_ns();
    others_ns_ += others_ns;
  };
  auto outputs = model_.run(batch);
  const auto& names = chunk_.signature.result.outputs;
  for (std::size_t i = 0; i < std::min(outputs.size(), names.size()); ++i) outputs[i].name = names[i];
  return outputs;
}

void Forwards::note_shape(std::span<const HostTensor> tensors) {
  std::string shapes;
  for (const auto& tensor : tensors) shapes += shape_text(tensor.shape);
  if (runner_.shapes.size() < kMostShapes && runner_.shapes.insert(digest_of(shapes)).second)
    ++results_.work.shapes;
}

/// The same for any number of ranks.
std::optional<std::uint64_t> Forwards::seed_of(std::size_t first) const {
  if (!chunk_.seed) return std::nullopt;
  const auto& row = chunk_.row_of(first);
  const auto place =
      std::to_string(*chunk_.seed) + ' ' + std::to_string(row.file) + ' ' + std::to_string(row.offset);
  return digest_of(place);
}

}  // namespace infer::detail
