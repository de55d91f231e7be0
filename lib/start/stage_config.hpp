// What the stages of a rank need, from the settings and the signature.
#pragma once

#include <memory>

#include "config/config.hpp"
#include "tokenizer/tokenizer.hpp"
#include "worker/rank_pipeline.hpp"

namespace infer {

EncoderConfig encoder_config(const RunConfig& config, const ResultSpec& result);

/// Fills in batch limits, decoder, encoder and max_held; `pipeline` has its chunks, signature and
/// pool_threads already.
void configure_stages(PipelineConfig& pipeline, const RunConfig& config,
                      std::shared_ptr<const Tokenizer> tokenizer, bool on_cpu);

}  // namespace infer
