// Predicted chunks written down in a test.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "encoder/encoder.hpp"
#include "unit/record/tensors.hpp"

namespace infer::test {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A chunk of file 1 whose rows have ids 100, 101, ... and lie on every second line.
class ChunkOf {
 public:
  explicit ChunkOf(std::size_t rows) {
    chunk_.table.range = {3, 1, 1000, 2000};
    chunk_.table.lines = 2 * rows;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto carried = "\"id\":" + std::to_string(100 + i);
      chunk_.table.rows.push_back(
          {2 * i, i, 1000 + 10 * i, 1, false, chunk_.table.carried.size(), carried.size(), 0, {}});
      chunk_.table.carried += carried;
    }
  }
  ChunkOf& failed(std::size_t row, RecordError error) {
    chunk_.table.rows[row].error = std::move(error);
    return *this;
  }
  ChunkOf& without_id(std::size_t row) {
    chunk_.table.rows[row].carried_size = 0;
    return *this;
  }
  ChunkOf& batch(std::vector<std::size_t> examples, std::vector<NamedTensor> outputs) {
    chunk_.batches.push_back({std::move(examples), std::move(outputs)});
    return *this;
  }
  PredictedChunk done() {
    for (auto& row : chunk_.table.rows) {
      if (!row.error) row.example = chunk_.examples++;
    }
    return chunk_;
  }

 private:
  PredictedChunk chunk_;
};

inline NamedTensor floats(const std::string& name, Shape shape, const std::vector<float>& values) {
  return {name, tensor_of<float>(DType::float32, std::move(shape), values)};
}

inline EncoderConfig config_of(Task task = Task::outputs) {
  EncoderConfig config;
  config.rows.result.task = task;
  config.file_names = {"a.jsonl", "b \"2\".jsonl"};
  return config;
}

}  // namespace infer::test
