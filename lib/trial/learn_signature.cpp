#include "trial/learn_signature.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "decoder/observe.hpp"
#include "signature/input_options.hpp"
#include "signature/signature.hpp"
#include "trial/dtype_choices.hpp"
#include "trial/first_records.hpp"
#include "trial/signature_trial.hpp"
#include "trial/stated_signature.hpp"
#include "trial/type_guesses.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kLikeliest = 3;  ///< signatures, for a model that takes no two records

/// A field with numbers that no argument is read from; empty when there is none.
std::string likely_field(const std::vector<ModelArgument>& arguments, const std::string& name,
                         const Observation& seen, const InputOptions& input, const RawChunk& sample) {
  const auto keys = nearest_first(seen.keys, name);
  std::vector<JsonPath> paths;
  for (const auto& key : keys) paths.push_back({key});
  const auto fields = observe_fields(sample, paths, input.missing_as_nan).fields;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const bool is_read = std::ranges::find(arguments, keys[i], &ModelArgument::name) != arguments.end();
    const bool can_be_named = !keys[i].empty() && keys[i].find('.') == std::string::npos;
    if (fields[i].usable() > 0 && can_be_named && !is_read && keys[i] != input.id_field) return keys[i];
  }
  return "";
}

void require_values(const std::vector<ModelArgument>& arguments, std::size_t i, const Observation& seen,
                    const InputOptions& input, const RawChunk& sample) {
  const auto& field = seen.fields[i];
  const auto& name = arguments[i].name;
  if (field.usable() > 0) return;
  if (field.others > 0) {
    throw UsageError("the model's input \"" + name +
                     "\" needs numbers, but the records have text or objects there; " +
                     field_advice(seen.keys, name, likely_field(arguments, name, seen, input, sample)));
  }
  throw UsageError("the model's input \"" + name + "\" has no value in the first " +
                   (seen.records == 1 ? "record; " : std::to_string(seen.records) + " records; ") +
                   field_advice(seen.keys, name, likely_field(arguments, name, seen, input, sample)));
}

/// Arguments from the last one with values on must have defaults; the ones before it need values.
std::size_t used_arguments(const std::vector<ModelArgument>& arguments, const Observation& seen,
                           const InputOptions& input, const RawChunk& sample) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].has_default || seen.fields[i].usable() > 0) used = i + 1;
  }
  for (std::size_t i = 0; i < used; ++i) require_values(arguments, i, seen, input, sample);
  return used;
}

/// Dimensions in which the sample's shapes of this rank differ become variable.
Shape variable_shape(const ObservedField& field, const Shape& common) {
  auto shape = common;
  for (const auto& [seen, count] : field.shapes) {
    for (std::size_t d = 0; seen.size() == common.size() && d < seen.size(); ++d) {
      if (seen[d] != common[d]) shape[d] = kVariableDim;
    }
  }
  return shape;
}

/// An example whose shapes differ from the common ones; none when the sample has no such example.
std::optional<std::size_t> unusual_example(const Signature& common, const DecodedChunk& chunk) {
  for (std::size_t e = 0; e < chunk.examples; ++e) {
    for (std::size_t i = 0; i < common.inputs.size(); ++i) {
      if (!std::ranges::equal(chunk.inputs[i].shape(e), common.inputs[i].shape)) return e;
    }
  }
  return std::nullopt;
}

/// Lengths are variable where the sample's differ and the model takes them, or where --pad says so.
Signature with_variable_dims(Model& model, const Signature& common, const Observation& seen,
                             const RunConfig& config, const RawChunk& sample) {
  auto open = common;
  bool asked_for = false;
  for (std::size_t i = 0; i < open.inputs.size(); ++i) {
    auto& spec = open.inputs[i];
    spec.shape = variable_shape(seen.fields[i], spec.shape);
    asked_for |= spec.pad.has_value();
    if (spec.pad && !spec.has_variable_dims() && !spec.shape.empty()) spec.shape[0] = kVariableDim;
  }
  if (asked_for) return open;
  const auto chunk = decode_sample(open, config.input, sample);
  const auto example = unusual_example(common, chunk);
  if (!example) return common;
  return try_example(model, open, config, chunk, *example).accepted() ? open : common;
}

/// Of signatures, the first that the model takes.
std::optional<Signature> first_accepted(Model& model, std::vector<Signature> all, const RunConfig& config,
                                        const RawChunk& sample, bool any_size = false) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto trial = try_signature(model, all[i], config, sample, {1, any_size});
    if (!trial.accepted()) continue;
    for (auto& each : all) limit_batch(each, trial.only_rows);
    auto signature = all[i];
    settle_guesses(model, signature, all, config, sample);
    return signature;
  }
  return std::nullopt;
}

/// Where each argument is in a record.
std::vector<JsonPath> paths_of(const std::vector<ModelArgument>& arguments, const InputOptions& input) {
  std::vector<JsonPath> paths;
  for (const auto& argument : arguments) {
    if (argument.name.empty()) {
      throw UsageError(
          "this model file does not say what its inputs are; describe them in call order with "
          "--input-spec name:dtype:shape, as in --input-spec x:float32:[64]");
    }
    paths.push_back(path_of(input, argument.name));
  }
  return paths;
}

/// All that the first records tell: everything but the types, and which those may be.
struct Untyped {
  Signature base;
  DTypeChoices choices{};
};

Untyped untyped_signature(const ModelInfo& info, const std::vector<JsonPath>& paths, std::size_t used,
                          const Observation& seen, const InputOptions& input) {
  Untyped open;
  open.base.missing_as_nan = input.missing_as_nan;
  for (std::size_t i = 0; i < used; ++i) {
    const auto& argument = info.arguments[i];
    TensorSpec spec;
    spec.name = argument.name;
    spec.shape = seen.fields[i].common_shape();
    if (const auto pad = input.pad.find(spec.name); pad != input.pad.end()) spec.pad = pad->second;
    const auto& possible = open.choices.emplace_back(
        possible_dtypes(argument, seen.fields[i], info.float_dtype.value_or(DType::float32), spec.pad));
    if (possible == std::vector{DType::int64}) spec.range = argument.range;
    open.base.inputs.push_back(std::move(spec));
    open.base.sources.push_back({paths[i], std::nullopt});
  }
  add_unfed(open.base, info, input);
  return open;
}

}  // namespace

Signature learn_signature(Model& model, const RunConfig& config, const RawChunk& sample) {
  const auto& arguments = model.info().arguments;
  const auto paths = paths_of(arguments, config.input);
  const auto seen = observe_fields(sample, paths, config.input.missing_as_nan);
  if (seen.records == 0 && !arguments.empty())
    throw UsageError(not_json_text(config.input, sample, arguments.front().name));
  const auto used = used_arguments(arguments, seen, config.input, sample);
  const auto open = untyped_signature(model.info(), paths, used, seen, config.input);
  const auto all = typed_signatures(open.base, open.choices, seen);
  auto accepted = first_accepted(model, all, config, sample);
  for (const auto& booleans : boolean_choices(open.base, open.choices, seen)) {
    if (accepted || all.size() + booleans.size() > kMaxCombinations) break;
    accepted = first_accepted(model, typed_signatures(open.base, booleans, seen), config, sample);
  }
  // Last: a wrong type that is taken in one size must not win over a right one that is taken in any.
  if (!accepted) {
    const auto likeliest = all.begin() + static_cast<std::ptrdiff_t>(std::min(kLikeliest, all.size()));
    accepted = first_accepted(model, {all.begin(), likeliest}, config, sample, /*any_size=*/true);
  }
  return accepted ? with_variable_dims(model, *accepted, seen, config, sample) : all.front();
}

}  // namespace infer::detail
