// A chunk on its way through one of a run's scorings.
#pragma once

#include <cstddef>

#include "record/decoded_chunk.hpp"
#include "worker/predict.hpp"

namespace infer {

struct ChunkToScore {
  std::size_t scoring = 0;
  DecodedChunk chunk;
};

struct ScoredChunk {
  std::size_t scoring = 0;
  ModelResult result;
};

}  // namespace infer
