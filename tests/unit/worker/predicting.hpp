// Runs of chunks through a model, for tests.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "decoder/decoder.hpp"
#include "unit/decoder/raw_chunk.hpp"
#include "unit/record/field_signature.hpp"
#include "worker/predict.hpp"

namespace infer::test {

using Inputs = std::span<const HostTensor>;
using DTypes = std::span<const DType>;

inline std::vector<float> floats_of(const HostTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

inline Signature scalar_signature() { return field_signature({{"x", DType::float32, {}, {}, {}}}); }

inline Signature list_signature() {
  return field_signature({{"x", DType::float32, {kVariableDim}, {}, 0.0}});
}

/// Records {"x":0}, {"x":1}, ...; every one in `broken` has no x.
inline DecodedChunk numbers(int count, const std::set<int>& broken = {}) {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i)
    lines.push_back(broken.contains(i) ? "{}" : "{\"x\":" + std::to_string(i) + "}");
  return Decoder({scalar_signature(), nullptr, {}, 1000})
      .decode(test::raw_chunk(std::vector<std::string_view>(lines.begin(), lines.end())));
}

/// All batches in their order, by one thread.
inline PredictedChunk predict_chunk(DecodedChunk chunk, Model& model, const Signature& signature,
                                    BatchLimits& limits) {
  ChunkPrediction prediction(std::move(chunk), signature, limits);
  RunnerState runner{limits};
  for (std::size_t batch = 0; batch < prediction.batches(); ++batch) prediction.run(batch, model, runner);
  limits = runner.limits;
  return prediction.take().chunk;
}

inline PredictedChunk predict(DecodedChunk chunk, Model& model, const Signature& signature,
                              BatchLimits limits = {}) {
  return predict_chunk(std::move(chunk), model, signature, limits);
}

/// Each row's result, from wherever its batch is; rows with an error have none.
inline std::vector<std::optional<float>> results(const PredictedChunk& chunk, bool more_rows = false) {
  std::vector<std::optional<float>> by_example(chunk.examples);
  for (const auto& batch : chunk.batches) {
    const auto values = floats_of(batch.outputs.at(0).value);
    if (!more_rows) REQUIRE(values.size() == batch.examples.size());
    for (std::size_t row = 0; row < batch.examples.size(); ++row) {
      REQUIRE_FALSE(by_example.at(batch.examples[row]).has_value());
      by_example[batch.examples[row]] = values[row];
    }
  }
  std::vector<std::optional<float>> by_row;
  for (const auto& row : chunk.table.rows)
    by_row.push_back(row.error ? std::nullopt : by_example.at(row.example));
  return by_row;
}

}  // namespace infer::test
