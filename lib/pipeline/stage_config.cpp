#include "pipeline/stage_config.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace infer {
namespace {

/// Of --max-batch-tokens. A CPU gains nothing from larger batches, and they need more padding: lib/README.md.
constexpr std::size_t kCpuBatchTokens = 512;
constexpr std::size_t kGpuBatchTokens = 16'384;
/// What a batch costs besides its elements, counted in them: lib/README.md.
constexpr std::size_t kCpuBatchCost = 128;
constexpr std::size_t kGpuBatchCost = 1024;  // not measured: about 1 ms of launches

BatchLimits batch_limits(const Signature& signature, const RunConfig& config, bool on_cpu) {
  BatchLimits limits;
  limits.max_rows = config.max_batch_size;
  if (signature.max_batch > 0) limits.max_rows = std::min(limits.max_rows, signature.max_batch);
  limits.max_elements = config.max_batch_tokens.value_or(on_cpu ? kCpuBatchTokens : kGpuBatchTokens);
  limits.batch_cost = on_cpu ? kCpuBatchCost : kGpuBatchCost;
  limits.one_by_one = config.stateful;
  limits.packed = std::ranges::any_of(signature.inputs, &TensorSpec::packed);
  return limits;
}

std::vector<std::string> carried_fields(const RunConfig& config) {
  std::vector<std::string> fields;
  if (!config.id_field.empty()) fields.push_back(config.id_field);
  for (const auto& field : config.passthrough) {
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  return fields;
}

}  // namespace

void configure_stages(PipelineConfig& pipeline, const RunConfig& config,
                      std::shared_ptr<const Tokenizer> tokenizer, bool on_cpu) {
  const auto& signature = pipeline.signature;
  pipeline.max_record_bytes = config.max_record_bytes;
  pipeline.batch = batch_limits(signature, config, on_cpu);
  pipeline.seed = config.seed;
  pipeline.decoder = {signature, std::move(tokenizer), carried_fields(config), config.max_record_bytes};
  pipeline.encoder = {signature.result,  config.top_k,    config.all_scores,         config.array,
                      config.non_finite, config.on_error, config.errors.has_value(), config.input};
  pipeline.max_held = 2 * backlog_limit(pipeline);
}

}  // namespace infer
