// A signature learnt from the model and the first records. Internal to how signatures are settled.
#pragma once

#include "config/config.hpp"
#include "model/model.hpp"
#include "record/chunk.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Inputs and sources, from the model's argument names and the sample's values. Throws UsageError.
Signature learn_signature(Model& model, const RunConfig& config, const RawChunk& sample);

}  // namespace infer::detail
