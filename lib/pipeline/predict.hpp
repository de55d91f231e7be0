// Runs one chunk's examples through the model.
#pragma once

#include <stop_token>

#include "batcher/batcher.hpp"
#include "model/model.hpp"
#include "pipeline/signature.hpp"
#include "record/predicted_chunk.hpp"

namespace infer {

/// A batch that the model refuses is halved until the guilty records are alone; those get a RecordError. A
/// batch too large for the memory is cut by smaller limits, which `limits` keeps for the chunks to come; a
/// record that fits not even alone gets a RecordError and leaves the limits as they were.
/// Throws RunError when the model can not run at all any more. Once `stop` is requested the remaining batches
/// are left out: the result is then good for nothing.
PredictedChunk predict_chunk(DecodedChunk chunk, Model& model, const Signature& signature,
                             BatchLimits& limits, const std::stop_token& stop = {});

}  // namespace infer
