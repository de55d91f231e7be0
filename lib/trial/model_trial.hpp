// Tries on the first records whether a model breaks what scoring in batches takes for granted: that a row
// depends on its record alone, whatever shares its batch, came before it or fills it up. Internal to how
// signatures are settled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/model.hpp"
#include "model_file/bundle.hpp"
#include "record/chunk.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

/// How the model must be run, and what is to be said about it.
struct ModelFindings {
  ModelTreatment treatment;
  std::size_t min_batch = 1;
  std::size_t max_batch = 0;  ///< where it is not 0, nothing else was looked at: to be tried again with it
  std::vector<Shape>
      shapes{};  ///< of the outputs, as ResultSpec has them, where they follow their records' lengths
  std::vector<std::string> warnings;
};

/// A dozen forwards of a few records each. The reference of a row is what the model gives for its record
/// alone; of one that takes no single record, for the record twice. Throws UsageError where rows would be
/// wrong, with the remedy. Leaves the model treated as it found.
ModelFindings try_behaviour(Model& model, const Signature& signature, const RunConfig& config,
                            const RawChunk& sample, const std::shared_ptr<const Tokenizer>& tokenizer,
                            bool reduced_precision);

}  // namespace infer::detail
