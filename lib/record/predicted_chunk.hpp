// A chunk after the model: the outputs of its batches, still as tensors.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "record/decoded_chunk.hpp"
#include "record/tensor.hpp"

namespace infer {

struct NamedTensor {
  std::string name;  ///< the model's own, or output0, output1, ...
  HostTensor value;  ///< the first dimension is the batch
};

/// By output and row, the shape that is the row's own: the rest is padding. Empty where there is none.
using OwnShapes = std::vector<std::vector<Shape>>;

/// Outputs of one run of the model; row k of every output belongs to examples[k].
struct BatchOutputs {
  std::vector<std::size_t> examples;
  std::vector<NamedTensor> outputs;
  OwnShapes own_shapes{};
};

struct PredictedChunk {
  RowTable table;  ///< rows that made the model throw carry their error here
  std::vector<BatchOutputs> batches;
  TextTable texts;
  std::size_t examples = 0;
  ChunkWork work;
};

}  // namespace infer
