// Whether it matters which of several types a model's inputs are given. Internal to how signatures are
// settled.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "model/model.hpp"
#include "record/chunk.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Marks the inputs of `chosen` that the model takes as whole numbers too, by what it makes of the sample as
/// `all` have it. Throws UsageError where the results are others then.
void settle_guesses(Model& model, Signature& chosen, const std::vector<Signature>& all,
                    const RunConfig& config, const RawChunk& sample);

}  // namespace infer::detail
