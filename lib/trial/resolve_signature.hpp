// Settles what the model's inputs are called, which type and shape they have, and where a record holds them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/model.hpp"
#include "model_file/bundle.hpp"
#include "record/chunk.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer {

struct ResolvedSignature {
  Signature signature;
  std::shared_ptr<const Tokenizer> tokenizer;  ///< null without text
  ModelTreatment treatment;                    ///< which the model has been given already
  std::vector<std::string> warnings;           ///< about rows that may not be what one expects
};

/// From the bundle when there is one, else from --input-spec, else from the model's argument names and the
/// values in `sample`: what is open (whole numbers or floats, fixed or variable lengths) is tried on the
/// model with sample records. Every signature is tried before it is returned, and so is whether rows depend
/// on anything but their record. Runs the model on this thread. Throws UsageError with the remedy.
ResolvedSignature resolve_signature(Model& model, const std::optional<Bundle>& bundle,
                                    const RunConfig& config, const RawChunk& sample);

/// The tokenizer of the bundle in file `model`, cutting texts as the signature says; null without text.
/// Throws UsageError.
std::shared_ptr<const Tokenizer> make_tokenizer(const std::optional<Bundle>& bundle,
                                                const Signature& signature, const std::string& model);

}  // namespace infer
