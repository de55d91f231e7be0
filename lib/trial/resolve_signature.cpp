#include "trial/resolve_signature.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "decoder/decoder.hpp"
#include "encoder/encoder.hpp"
#include "signature/input_options.hpp"
#include "signature/result_options.hpp"
#include "signature/signature.hpp"
#include "trial/first_records.hpp"
#include "trial/learn_signature.hpp"
#include "trial/model_trial.hpp"
#include "trial/signature_trial.hpp"
#include "trial/stated_signature.hpp"

namespace infer {
namespace {

constexpr std::size_t kTrialRecords = 64;  ///< a model that refuses this many different records fits none

/// What the model's tables have, where neither flag nor bundle gives a range.
void apply_index_ranges(Signature& signature, const std::vector<ModelArgument>& arguments) {
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    auto& spec = signature.inputs[i];
    if (!spec.range && is_integer(spec.dtype)) spec.range = arguments.at(i).range;
  }
}

/// A record of the first ones that has a value which the model would not get.
void refuse_unfed(const Signature& signature, const InputOptions& input, const RawChunk& sample) {
  if (signature.unfed.empty()) return;
  const auto chunk = detail::decode_sample(signature, input, sample);
  for (const auto& row : chunk.table.rows) {
    if (row.error && row.error->code == RecordErrorCode::unfed_field)
      throw UsageError("the first records: " + row.error->message);
  }
}

/// Whether the model computes in less than float32, as far as graph, weights or bundle tell.
bool is_reduced(const ModelInfo& info, const std::optional<Bundle>& bundle) {
  const auto is_half = [](DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; };
  if (info.behaviour.reduced_precision || (info.float_dtype && is_half(*info.float_dtype))) return true;
  return bundle && std::ranges::any_of(bundle->origin, [&](const auto& fact) {
           const auto dtype = fact.first == "dtype" ? dtype_from_name(fact.second) : std::nullopt;
           return fact.first == "quantize" || (dtype && is_half(*dtype));
         });
}

const char* refusal_advice(const std::string& refusal) {
  const bool wants_gradients = refusal.find("does not require grad") != std::string::npos ||
                               refusal.find("saved for backward") != std::string::npos;
  return wants_gradients
             ? "; the model computes gradients in its forward, which inference has not: save a module that "
               "gives its results without torch.autograd and backward()"
             : "; if the inputs are meant otherwise, describe them with --input-spec name:dtype:shape";
}

/// What stands before the first row must not wait for a record that can be scored.
void require_known_layout(const ResultSpec& result, const RunConfig& config) {
  const auto path = rows_file(config.output);
  const auto& format = output_format(path);
  const std::string missing = format.row_bytes != nullptr && result.width == 0 ? "the width of the array "
                              : format.is_flat && !states_columns(result)      ? "the columns of "
                                                                               : "";
  if (!missing.empty())
    throw UsageError("none of the first records could be scored, so " + missing + path +
                     (format.row_bytes != nullptr ? " is" : " are") +
                     " not known; check the input, or use a bundle, which states it");
  if (format.is_flat) flat_row(config, result);
}

RowTable decode_carried(const InputOptions& input, const RawChunk& sample) {
  return Decoder({{}, nullptr, carried_fields(input), input.max_record_bytes}).decode(sample).table;
}

/// The last part of settling a signature: what the model does with a record shows the rest.
void try_on_sample(Model& model, Signature& signature, const std::shared_ptr<const Tokenizer>& tokenizer,
                   const RunConfig& config, const RawChunk& sample) {
  const auto trial =
      detail::try_signature(model, signature, config, sample, {kTrialRecords, true}, tokenizer);
  detail::require_fit(trial.unfit, signature, config, sample, tokenizer);
  const auto& last = trial.last;
  auto& result = signature.result;
  if (trial.accepted()) {
    detail::limit_batch(signature, trial.only_rows);
    check_outputs(last.outputs, result);
    if (traits(result.task).is_vector)
      result.width = static_cast<std::size_t>(last.outputs[0].value.shape[1]);
    if (output_format(rows_file(config.output)).is_flat) learn_columns(result, last.outputs);
    if (output_format(rows_file(config.output)).check_carried != nullptr)
      learn_carried(result, decode_carried(config.input, sample), carried_fields(config.input));
  } else if (last.no_memory) {
    throw UsageError(
        "no memory to score even one of the first records: " + last.refusal +
        "; give the run more memory (fewer ranks on this host, a larger device), or use a smaller or a "
        "half-precision model");
  } else if (trial.decoded) {
    throw UsageError("the model refused the first records, read as " + describe_signature(signature) + ": " +
                     last.refusal + refusal_advice(last.refusal));
  }
  if (!sample.records.empty()) require_known_layout(result, config);
}

/// How the model must be run, which the signature then says as well.
detail::ModelFindings settle_behaviour(Model& model, Signature& signature,
                                       const std::shared_ptr<const Tokenizer>& tokenizer,
                                       const RunConfig& config, const RawChunk& sample, bool reduced) {
  const auto look = [&] {
    return detail::try_behaviour(model, signature, config, sample, tokenizer, reduced);
  };
  auto found = look();
  if (found.max_batch > 0) {
    signature.max_batch = found.max_batch;
    found = look();
  }
  signature.min_batch = std::max(signature.min_batch, found.min_batch);
  if (signature.result.shapes.empty()) signature.result.shapes = std::move(found.shapes);
  return found;
}

/// About a size that no one asked for.
std::string batch_size_text(const Signature& signature) {
  const auto most = std::to_string(signature.max_batch);
  std::string text = "the model takes batches of exactly " + most +
                     " records: smaller ones are filled up, and what that adds is left out";
  if (signature.max_batch == 1) {
    text = "the model takes one record at a time";
  } else if (signature.min_batch < signature.max_batch) {
    text = "the model takes " + most + " records at a time, and not more";
  }
  return text + "; for speed, save it for batches of any size";
}

void check_prompt(const Signature& signature) {
  const auto& task = traits(signature.result.task);
  if (!task.has_places || !signature.text || signature.text->prompt.empty()) return;
  const std::string name(task.name);
  throw UsageError("--task " + name + ": the bundle puts a prompt before each text, and " + name +
                   " have places in it; export the model again without the prompt");
}

}  // namespace

std::shared_ptr<const Tokenizer> make_tokenizer(const std::optional<Bundle>& bundle,
                                                const Signature& signature, const std::string& model) {
  if (!signature.text) return nullptr;
  INFER_ASSERT(bundle.has_value());
  const auto& text = *signature.text;
  const TokenizerConfig config{text.truncate ? text.max_length : 0, text.truncate_left,
                               traits(signature.result.task).has_places};
  try {
    return std::make_shared<const Tokenizer>(bundle->tokenizer, config);
  } catch (const UsageError& error) {
    throw UsageError(model + ": " + error.what());
  }
}

ResolvedSignature resolve_signature(Model& model, const std::optional<Bundle>& bundle,
                                    const RunConfig& config, const RawChunk& sample) {
  auto signature = bundle                      ? detail::signature_of_bundle(model.info(), *bundle, config)
                   : config.input.spec.empty() ? detail::learn_signature(model, config, sample)
                                               : detail::signature_of_spec(model.info(), config.input);
  signature.missing_as_nan = config.input.missing_as_nan;
  apply_index_ranges(signature, model.info().arguments);
  detail::apply_input_options(signature, config.input);
  detail::apply_result_options(signature.result, config);
  check_prompt(signature);
  refuse_unfed(signature, config.input, sample);
  auto tokenizer = make_tokenizer(bundle, signature, config.model.path);
  try_on_sample(model, signature, tokenizer, config, sample);
  auto found =
      settle_behaviour(model, signature, tokenizer, config, sample, is_reduced(model.info(), bundle));
  if (signature.max_batch > 0 && (!bundle || bundle->signature.max_batch == 0))
    found.warnings.push_back(batch_size_text(signature));
  std::ranges::move(detail::mistyped_fields(config.input, sample), std::back_inserter(found.warnings));
  model.treat(found.treatment);
  return {std::move(signature), std::move(tokenizer), found.treatment, std::move(found.warnings)};
}

}  // namespace infer
