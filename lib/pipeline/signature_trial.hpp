// Trying a signature on sample records. Internal to how signatures are settled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "pipeline/config.hpp"
#include "pipeline/signature.hpp"
#include "record/decoded_chunk.hpp"
#include "record/predicted_chunk.hpp"

namespace infer::detail {

/// The outcome of trying a signature on sample records.
struct Trial {
  bool decoded = false;    ///< at least one record had values for it
  bool accepted = false;   ///< the model ran on one of them
  std::string refusal;     ///< the model's last message
  bool no_memory = false;  ///< that was the last refusal's reason
  std::vector<NamedTensor> outputs;
};

/// Of a signature without text.
DecodedChunk decode_sample(const Signature& signature, const RunConfig& config, const RawChunk& sample);

/// Runs the model on one example, given twice: an output without batch dimension shows, as UsageError. Once
/// where the memory is too small for two.
void try_example(Trial& trial, Model& model, const Signature& signature, const DecodedChunk& chunk,
                 std::size_t example);

/// Tries records in order until one runs; `limit` bounds how many are given to the model. `tokenizer` is for
/// signatures with text.
Trial try_signature(Model& model, const Signature& signature, const RunConfig& config, const RawChunk& sample,
                    std::size_t limit, const std::shared_ptr<const Tokenizer>& tokenizer = nullptr);

/// Inputs and sources, from the model's argument names and the sample's values. Throws UsageError.
Signature learn_signature(Model& model, const RunConfig& config, const RawChunk& sample);

/// Where --field says the input lies, else at its own name.
JsonPath path_of(const RunConfig& config, const std::string& input);

/// `"a", "b"`; "none" when empty.
std::string quoted_list(const std::vector<std::string>& names);

}  // namespace infer::detail
