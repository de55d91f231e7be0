#include "start/stage_config.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/defaults.hpp"
#include "encoder/output_packing.hpp"

namespace infer {
namespace {

/// What a batch costs besides its elements, counted in them: lib/decisions/batcher.md.
constexpr std::size_t kCpuBatchCost = 128;
constexpr std::size_t kGpuBatchCost = 1024;  // not measured: about 1 ms of launches

bool is_variable(const TensorSpec& spec) { return spec.has_variable_dims(); }

/// Whether all that varies in length is the tokens of a text, whose most is known.
bool only_texts_vary(const Signature& signature) {
  if (!signature.text) return false;
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    if (is_variable(signature.inputs[i]) && !signature.sources[i].tokens) return false;
  }
  return true;
}

/// On a GPU, where no row depends on the others' number. Lengths only of texts: what another model takes at
/// most is not known, and an index beyond it would break the device.
ShapeRounding choose_rounding(const Signature& signature, const ModelOptions& options) {
  const bool rows_alone = !options.stateful && !options.seed && !options.allow_batch_effects;
  const auto stays = [](const TensorSpec& spec) {
    return spec.packed || std::ranges::count(spec.shape, kVariableDim) > 1;
  };
  if (!rows_alone || std::ranges::any_of(signature.inputs, stays)) return {};
  return {true, only_texts_vary(signature) ? signature.text->max_length : 0};
}

std::size_t picture_rows(const ImageSize& size) {
  const auto pixels = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  return std::clamp<std::size_t>(kCpuPicturePixels / pixels, 1, kBatchRows);
}

std::size_t default_rows(const Signature& signature, bool on_cpu) {
  const bool varies = std::ranges::any_of(signature.inputs, is_variable);
  if (on_cpu) return signature.image ? picture_rows(signature.image->size) : kBatchRows;
  return varies ? kGpuTextRows : kBatchRows;
}

BatchLimits batch_limits(const Signature& signature, const RunConfig& config, bool on_cpu) {
  BatchLimits limits;
  limits.max_rows = config.resources.max_batch_size.value_or(default_rows(signature, on_cpu));
  if (signature.max_batch > 0) limits.max_rows = std::min(limits.max_rows, signature.max_batch);
  limits.max_elements =
      config.resources.max_batch_tokens.value_or(on_cpu ? kCpuBatchTokens : kGpuBatchTokens);
  limits.batch_cost = on_cpu ? kCpuBatchCost : kGpuBatchCost;
  limits.one_by_one = config.model.stateful;
  limits.packed = std::ranges::any_of(signature.inputs, &TensorSpec::packed);
  if (!on_cpu) limits.rounding = choose_rounding(signature, config.model);
  return limits;
}

/// What double(0.1F) is no JSON text says, and what is true no number does.
bool takes_numbers(const TensorSpec& spec) {
  return spec.dtype != DType::float64 && spec.dtype != DType::boolean;
}

/// How often a record's field is asked for.
struct FieldUses {
  int texts = 0;
  int carried = 0;
  int others = 0;  ///< also of what lies inside
};
using UsesByName = std::map<std::string, FieldUses>;

UsesByName uses_of(const DecoderConfig& decoder) {
  const auto& signature = decoder.signature;
  UsesByName uses;
  const auto add = [&uses](const JsonPath& path, int FieldUses::*use) {
    if (!path.empty()) ++(uses[path.front()].*(path.size() == 1 ? use : &FieldUses::others));
  };
  for (const auto& source : signature.sources) add(source.path, &FieldUses::others);
  for (const auto& unfed : signature.unfed) add(unfed.path, &FieldUses::others);
  if (signature.text) {
    for (const auto& path : signature.text->fields) add(path, &FieldUses::texts);
  }
  for (const auto& name : decoder.carried) add(split_json_path(name), &FieldUses::carried);
  return uses;
}

/// Whether a copied field's key is that of its record.
bool is_spelled_alike(const std::string& name) {
  return std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// Top-level columns that hold what the decoder looks at.
ChosenColumns columns_of(const DecoderConfig& decoder) {
  const auto& signature = decoder.signature;
  const auto uses = uses_of(decoder);
  ChosenColumns columns;
  for (const auto& [name, use] : uses) {
    columns.names.push_back(name);
    if (use.texts == 1 && use.carried <= 1 && use.others == 0) columns.texts.push_back(name);
  }
  for (const auto& name : decoder.carried) {
    const auto found = uses.find(name);  // not of a path
    if (found == uses.end() || !is_spelled_alike(name)) continue;
    const auto& [texts, carried, others] = found->second;
    if (carried == 1 && texts <= 1 && others == 0) columns.carried.push_back(name);
  }
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    const auto& path = signature.sources[i].path;
    if (path.size() != 1 || signature.sources[i].image || !takes_numbers(signature.inputs[i])) continue;
    const auto& [texts, carried, others] = uses.at(path.front());
    if (others == 1 && texts == 0 && carried == 0) columns.numbers.push_back(path.front());
  }
  return columns;
}

std::function<std::string(std::string_view)> packing_of(const std::string& path, const RowConfig& rows) {
  if (const auto* packing = output_packing(path)) return packing->pack;
  const auto pack = output_format(path).pack;
  if (pack == nullptr) return {};
  return std::bind_front(pack, rows);
}

}  // namespace

std::vector<std::string> input_names(const InputOptions& input) {
  std::vector<std::string> names;
  std::ranges::transform(input.files, std::back_inserter(names), input_name);
  return names;
}

OutputForm output_form(const EncoderConfig& encoder) {
  const auto& format = *encoder.format;
  OutputForm form;
  if (format.header != nullptr) form.header = std::bind_front(format.header, encoder.rows);
  form.header_counts_rows = format.header_counts_rows;
  form.pack = encoder.pack;
  form.footer = format.footer;
  return form;
}

EncoderConfig encoder_config(const RunConfig& config, const ResultSpec& result) {
  const auto& format = output_format(rows_file(config.output));
  const RowConfig rows{result,
                       config.results.top_k,
                       config.results.all_scores,
                       config.results.per_token,
                       config.output.non_finite,
                       config.output.npy_dtype,
                       format.is_flat ? flat_row(config, result) : FlatRow{}};
  return {rows,
          &format,
          config.output.on_error,
          config.output.errors.has_value(),
          input_names(config.input),
          packing_of(rows_file(config.output), rows)};
}

ScoringConfig scoring_config(const RunConfig& config, const Scorer& scorer) {
  const auto& signature = scorer.signature;
  const auto& input = config.input;
  ScoringConfig scoring;
  scoring.signature = signature;
  scoring.decoder = {signature, scorer.tokenizer, carried_fields(input), input.max_record_bytes,
                     image_access(input)};
  scoring.decoder.nvjpeg = scorer.model.nvjpeg;
  scoring.columns = columns_of(scoring.decoder);
  scoring.batch = batch_limits(signature, config, scorer.model.runners.on_cpu());
  scoring.seed = config.model.seed;
  scoring.encoder = encoder_config(config, signature.result);
  return scoring;
}

PipelineConfig pipeline_config(const RunConfig& config, std::vector<ScoringConfig> scorings,
                               const LoadedModel& model, std::vector<InputFile> files, int pool_threads) {
  PipelineConfig pipeline;
  pipeline.files = std::move(files);
  pipeline.max_record_bytes = config.input.max_record_bytes;
  pipeline.scorings = std::move(scorings);
  pipeline.pool_threads = pool_threads;
  const auto& group = model.runners.group;
  if (!group.is_alone() && group.is_first()) pipeline.elsewhere = model.models.size();
  pipeline.max_held = 2 * backlog_limit(pipeline);
  return pipeline;
}

}  // namespace infer
