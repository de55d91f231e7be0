#include "trial/stated_signature.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/near_name.hpp"
#include "signature/input_options.hpp"

namespace infer::detail {
namespace {

bool begins_with(const JsonPath& path, const JsonPath& beginning) {
  return path.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

/// `left_out`: an optional input that no spec names, so that those behind it cannot be given.
[[noreturn]] void refuse_spec(const std::string& name, const std::vector<ModelArgument>& arguments,
                              std::size_t left_out) {
  std::vector<std::string> names;
  for (const auto& argument : arguments) names.push_back(argument.name);
  const auto place = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  if (place > left_out && place < names.size())
    throw UsageError("--input-spec " + name + ": the model takes its inputs in the order " +
                     quoted_list(names) + ", and \"" + names[left_out] +
                     "\", which stands before it, is missing; add one of that name");
  throw UsageError("--input-spec " + name + " is no input of the model, which takes " +
                   std::to_string(arguments.size()) + ": " + quoted_list(names) +
                   did_you_mean(near_names(name, names)));
}

}  // namespace

Signature signature_of_spec(const ModelInfo& model, const InputOptions& input) {
  const auto& arguments = model.arguments;
  auto specs = input.spec;
  Signature signature;
  for (const auto& argument : arguments) {
    const auto spec =
        argument.name.empty() ? specs.begin() : std::ranges::find(specs, argument.name, &TensorSpec::name);
    if (spec == specs.end()) {
      if (argument.has_default) break;
      throw UsageError(
          "--input-spec gives too few inputs: the model takes " + std::to_string(arguments.size()) +
          (argument.name.empty() ? "; give one for each, in call order"
                                 : ", and \"" + argument.name + "\" is missing; add one of that name"));
    }
    signature.inputs.push_back(*spec);
    specs.erase(spec);
  }
  if (!specs.empty()) refuse_spec(specs.front().name, arguments, signature.inputs.size());
  signature.sources.resize(signature.inputs.size());
  add_unfed(signature, model, input);
  return signature;
}

Signature signature_of_bundle(const ModelInfo& model, const Bundle& bundle, const RunConfig& config) {
  if (!config.input.spec.empty()) {
    throw UsageError(
        "--input-spec cannot be given: the model file says itself what its inputs are; see infer inspect " +
        config.model.path);
  }
  const auto& arguments = model.arguments;
  const auto given = bundle.signature.inputs.size();
  if (given > arguments.size() || (given < arguments.size() && !arguments[given].has_default)) {
    throw UsageError(config.model.path + ": infer.json describes " + std::to_string(given) +
                     " inputs, but the model takes " + std::to_string(arguments.size()) +
                     "; export the model again");
  }
  return bundle.signature;
}

void add_unfed(Signature& signature, const ModelInfo& model, const InputOptions& input) {
  const auto add = [&](const ModelArgument& argument, const std::string& how) {
    const auto path = path_of(input, argument.name);
    const bool is_read = std::ranges::any_of(signature.inputs, [&](const TensorSpec& spec) {
      return begins_with(path_of(input, spec.name), path);
    });
    if (!argument.name.empty() && !is_read)
      signature.unfed.push_back(
          {argument.name, path, how + ", or leave it out with --field " + argument.name + "=none"});
  };
  for (const auto& argument : model.unfed)
    add(argument,
        "it is of type " + argument.type +
            " for the whole batch; make it a tensor with a value per record in the model's forward");
  for (std::size_t i = signature.inputs.size(); i < model.arguments.size(); ++i)
    add(model.arguments[i], "the first records have none; describe all inputs with --input-spec");
}

}  // namespace infer::detail
