#include "pipeline/signature_trial.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "batcher/batcher.hpp"
#include "decoder/decoder.hpp"

namespace infer::detail {

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return text.empty() ? "none" : text;
}

JsonPath path_of(const RunConfig& config, const std::string& input) {
  const auto mapped = config.field.find(input);
  return split_json_path(mapped == config.field.end() ? input : mapped->second);
}

DecodedChunk decode_sample(const Signature& signature, const RunConfig& config, const RawChunk& sample) {
  return Decoder({signature, nullptr, {}, config.max_record_bytes}).decode(sample);
}

namespace {

void try_batch(Trial& trial, Model& model, const Signature& signature, const DecodedChunk& chunk,
               const std::vector<std::size_t>& examples) {
  std::vector<DType> dtypes;
  for (const auto& spec : signature.inputs) dtypes.push_back(spec.dtype);
  trial.no_memory = false;
  try {
    trial.outputs = model.run({collate(signature.inputs, chunk.inputs, examples), dtypes, examples.size()});
    trial.accepted = true;
  } catch (const OutOfMemory& error) {
    trial.no_memory = true;
    trial.refusal = error.what();
  } catch (const ModelError& error) {
    trial.refusal = error.what();
  } catch (const RunError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

void try_example(Trial& trial, Model& model, const Signature& signature, const DecodedChunk& chunk,
                 std::size_t example) {
  try_batch(trial, model, signature, chunk, {example, example});
  if (!trial.no_memory) return;
  model.free_cached_memory();
  try_batch(trial, model, signature, chunk, {example});
}

Trial try_signature(Model& model, const Signature& signature, const RunConfig& config, const RawChunk& sample,
                    std::size_t limit, const std::shared_ptr<const Tokenizer>& tokenizer) {
  Trial trial;
  Decoder decoder({signature, tokenizer, {}, config.max_record_bytes});
  auto single = sample;
  std::size_t given = 0;
  for (const auto& record : sample.records) {
    single.records.assign(1, record);  // one at a time: most often the first is enough
    const auto chunk = decoder.decode(single);
    if (chunk.examples == 0) continue;
    trial.decoded = true;
    try_example(trial, model, signature, chunk, 0);
    if (trial.accepted || ++given == limit) break;
  }
  return trial;
}

}  // namespace infer::detail
