#include "trial/signature_trial.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "batcher/batcher.hpp"
#include "decoder/decoder.hpp"
#include "trial/batch_size_trial.hpp"

namespace infer::detail {

DecodedChunk decode_sample(const Signature& signature, const InputOptions& input, const RawChunk& sample,
                           const std::shared_ptr<const Tokenizer>& tokenizer) {
  return Decoder({signature, tokenizer, {}, input.max_record_bytes, image_access(input)}).decode(sample);
}

Attempt try_batch(Model& model, const Signature& signature, std::span<const Column> columns,
                  const std::vector<std::size_t>& examples, bool as_saved,
                  std::optional<std::uint64_t> seed) {
  std::vector<DType> dtypes;
  for (const auto& spec : signature.inputs) dtypes.push_back(spec.dtype);
  auto rows = examples;
  rows.resize(std::max(signature.min_batch, rows.size()), rows.back());
  Attempt attempt;
  try {
    const auto tensors = collate(signature.inputs, columns, rows);
    attempt.outputs = model.run({tensors, dtypes, rows.size(), seed.has_value(), as_saved, seed});
  } catch (const ModelError& error) {
    attempt.refusal = error.what();
    attempt.no_memory = dynamic_cast<const OutOfMemory*>(&error) != nullptr;
    attempt.wrong_rows = dynamic_cast<const WrongRows*>(&error) != nullptr;
  } catch (const RunError& error) {
    throw UsageError(error.what());
  }
  return attempt;
}

/// No default of --max-batch-size is less, and no trial has more rows.
constexpr std::size_t kLeastDefault = 256;

std::size_t most_rows(const Signature& signature, const RunConfig& config) {
  if (config.model.stateful) return 1;
  const auto asked = config.resources.max_batch_size.value_or(kLeastDefault);
  return signature.max_batch == 0 ? asked : std::min(signature.max_batch, asked);
}

void limit_batch(Signature& signature, std::size_t only_rows) {
  if (only_rows > 0) signature.min_batch = signature.max_batch = only_rows;
}

Attempt try_example(Model& model, const Signature& signature, const RunConfig& config,
                    const DecodedChunk& chunk, std::size_t example) {
  const auto once = [&] { return try_batch(model, signature, chunk.inputs, {example}); };
  const auto twice = [&] { return try_batch(model, signature, chunk.inputs, {example, example}); };
  if (most_rows(signature, config) == 1) {
    auto alone = once();
    return alone.accepted() || config.model.stateful ? alone : twice();
  }
  auto two = twice();
  if (two.wrong_rows) throw UsageError(two.refusal);
  if (!two.no_memory) return two;
  model.free_cached_memory();
  return once();
}

Trial try_signature(Model& model, const Signature& signature, const RunConfig& config, const RawChunk& sample,
                    const TrialLimits& limits, const std::shared_ptr<const Tokenizer>& tokenizer) {
  Trial trial;
  Decoder decoder({signature, tokenizer, {}, config.input.max_record_bytes, image_access(config.input)});
  auto single = sample;
  DecodedChunk chunk;
  std::size_t given = 0;
  for (const auto& record : sample.records) {
    single.records.assign(1, record);  // one at a time: most often the first is enough
    auto decoded = decoder.decode(single);
    if (decoded.examples == 0) {
      if (!trial.decoded) ++trial.unfit;
      continue;
    }
    chunk = std::move(decoded);
    trial.decoded = true;
    trial.last = try_example(model, signature, config, chunk, 0);
    if (trial.accepted() || ++given == limits.records) break;
  }
  if (!limits.any_size || !trial.decoded || trial.accepted() || trial.last.no_memory) return trial;
  if (auto found = find_batch_size(model, signature, chunk.inputs, trial.last.refusal)) {
    trial.only_rows = found->rows;
    trial.last = std::move(found->attempt);
  }
  return trial;
}

}  // namespace infer::detail
