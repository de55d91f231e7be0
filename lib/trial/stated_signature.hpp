// Inputs as a bundle or --input-spec states them, held against what the model takes. Pure. Internal to how
// signatures are settled.
#pragma once

#include "config/config.hpp"
#include "model/model.hpp"
#include "model_file/bundle.hpp"
#include "record/signature.hpp"

namespace infer::detail {

// Each throws UsageError where the model takes others.

/// In the order in which the model takes them.
Signature signature_of_spec(const ModelInfo& model, const InputOptions& input);

Signature signature_of_bundle(const ModelInfo& model, const Bundle& bundle, const RunConfig& config);

/// Arguments of the model that the signature's inputs leave to their defaults.
void add_unfed(Signature& signature, const ModelInfo& model, const InputOptions& input);

}  // namespace infer::detail
