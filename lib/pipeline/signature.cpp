#include "pipeline/signature.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "pipeline/labels.hpp"
#include "pipeline/signature_trial.hpp"
#include "writer/encoder.hpp"

namespace infer {
namespace {

using detail::path_of;
using detail::quoted_list;

constexpr std::size_t kTrialRecords = 64;  ///< a model that refuses this many different records fits none

Signature from_input_spec(const Model& model, const RunConfig& config) {
  const auto& arguments = model.info().arguments;
  auto specs = config.input_spec;
  Signature signature;
  for (const auto& argument : arguments) {
    const auto spec =
        argument.name.empty() ? specs.begin() : std::ranges::find(specs, argument.name, &TensorSpec::name);
    if (spec == specs.end()) {
      if (argument.has_default) break;
      throw UsageError("the model takes " + std::to_string(arguments.size()) +
                       " inputs, and --input-spec does not give " +
                       (argument.name.empty() ? "them all" : "\"" + argument.name + "\""));
    }
    signature.inputs.push_back(*spec);
    specs.erase(spec);
  }
  if (!specs.empty()) {
    std::vector<std::string> names;
    for (const auto& argument : arguments) names.push_back(argument.name);
    throw UsageError("--input-spec " + specs.front().name + " is no input of the model, which takes " +
                     std::to_string(arguments.size()) + ": " + quoted_list(names));
  }
  return signature;
}

void apply_options(Signature& signature, const RunConfig& config) {
  signature.paths.clear();
  for (auto& spec : signature.inputs) {
    signature.paths.push_back(path_of(config, spec.name));
    if (const auto pad = config.pad.find(spec.name); pad != config.pad.end()) spec.pad = pad->second;
  }
}

void require_own_paths(const Signature& signature) {
  for (std::size_t i = 0; i < signature.paths.size(); ++i) {
    if (std::ranges::find(signature.paths.begin(), signature.paths.begin() + static_cast<std::ptrdiff_t>(i),
                          signature.paths[i]) -
            signature.paths.begin() ==
        static_cast<std::ptrdiff_t>(i)) {
      continue;
    }
    throw UsageError("--field: two inputs of the model cannot be read from one field (\"" +
                     signature.inputs[i].name + "\" and another); give each its own");
  }
}

void require_known(const Signature& signature, const std::string& name, const std::string& flag) {
  if (std::ranges::find(signature.inputs, name, &TensorSpec::name) == signature.inputs.end()) {
    throw UsageError(flag + " " + name + ": the model has no such input (" + describe_signature(signature) +
                     ")");
  }
}

}  // namespace

std::string describe_signature(const Signature& signature) {
  std::string text;
  for (const auto& spec : signature.inputs) {
    text += (text.empty() ? "" : " ") + spec.name + ":" + std::string(dtype_name(spec.dtype)) + ":" +
            shape_text(spec.shape);
  }
  return text;
}

Signature resolve_signature(Model& model, const RunConfig& config, const RawChunk& sample) {
  auto signature = config.input_spec.empty() ? detail::learn_signature(model, config, sample)
                                             : from_input_spec(model, config);
  apply_options(signature, config);
  require_own_paths(signature);
  for (const auto& [name, path] : config.field) require_known(signature, name, "--field");
  for (const auto& [name, value] : config.pad) require_known(signature, name, "--pad");

  const auto trial = detail::try_signature(model, signature, config, sample, kTrialRecords);
  if (trial.accepted) {
    EncoderConfig encoder;
    encoder.task = config.task;
    encoder.labels = read_labels(config.labels);
    check_outputs(trial.outputs, encoder);
  } else if (trial.decoded) {
    throw UsageError("the model refused the first records, read as " + describe_signature(signature) + ": " +
                     trial.refusal +
                     "; if the inputs are meant otherwise, describe them with --input-spec name:dtype:shape");
  }
  return signature;
}

}  // namespace infer
