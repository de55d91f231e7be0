#include "signature/input_options.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "config/near_name.hpp"

namespace infer::detail {
namespace {

/// Names that --field may map: inputs that are fields, and texts.
std::vector<std::string> field_names(const Signature& signature) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    if (!signature.sources[i].tokens) names.push_back(signature.inputs[i].name);
  }
  for (std::size_t i = 0; signature.text && i < signature.text->fields.size(); ++i)
    names.push_back(join_json_path(signature.text->fields[i]));
  for (const auto& argument : signature.unfed) names.push_back(argument.name);
  return names;
}

void require_known(const std::vector<std::string>& known, const std::string& name, const std::string& flag) {
  if (std::ranges::find(known, name) != known.end()) return;
  throw UsageError(flag + " " + name + ": the model has no such input (it has " + quoted_list(known) + ")" +
                   did_you_mean(near_names(name, known)));
}

void check_pad(const TensorSpec& spec) {
  if (!spec.pad || holds(spec.dtype, *spec.pad)) return;
  throw UsageError("--pad " + spec.name + ": the input is " + std::string(dtype_name(spec.dtype)) +
                   ", which has no such value");
}

void apply_pads(Signature& signature, const InputOptions& input) {
  std::vector<std::string> inputs;
  for (auto& spec : signature.inputs) {
    inputs.push_back(spec.name);
    if (const auto pad = input.pad.find(spec.name); pad != input.pad.end()) spec.pad = pad->second;
    check_pad(spec);
  }
  for (const auto& [name, value] : input.pad) require_known(inputs, name, "--pad");
}

void apply_fields(Signature& signature, const InputOptions& input) {
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    auto& source = signature.sources[i];
    if (source.tokens) continue;
    const auto& name = signature.inputs[i].name;
    if (source.path.empty() || input.field.contains(name)) source.path = path_of(input, name);
  }
}

/// Where --field says the text lies, else where it lies by itself.
void apply_text_options(Signature& signature, const InputOptions& input) {
  if (!signature.text) {
    if (input.truncate || input.max_length)
      throw UsageError("--truncate and --max-length need a model that takes text; this one does not");
    return;
  }
  auto& text = *signature.text;
  text.truncate = input.truncate.value_or(true);
  if (input.max_length.value_or(1) > text.max_length) {
    throw UsageError("--max-length " + std::to_string(*input.max_length) + ": the model takes " +
                     std::to_string(text.max_length) + " tokens at most");
  }
  text.max_length = input.max_length.value_or(text.max_length);
  for (auto& field : text.fields) field = path_of(input, join_json_path(field));
}

void require_own_paths(const Signature& signature) {
  std::vector<JsonPath> paths;
  for (const auto& source : signature.sources) {
    if (!source.tokens) paths.push_back(source.path);
  }
  if (signature.text) paths.insert(paths.end(), signature.text->fields.begin(), signature.text->fields.end());
  for (auto path = paths.begin(); path != paths.end(); ++path) {
    if (std::find(paths.begin(), path, *path) == path) continue;
    throw UsageError("--field: two inputs of the model cannot be read from one field (\"" +
                     join_json_path(*path) + "\"); give each its own");
  }
}

}  // namespace

JsonPath path_of(const InputOptions& input, const std::string& name) {
  const auto mapped = input.field.find(name);
  return split_json_path(mapped == input.field.end() ? name : mapped->second);
}

void apply_input_options(Signature& signature, const InputOptions& input) {
  for (const auto& [name, path] : input.field) require_known(field_names(signature), name, "--field");
  apply_pads(signature, input);
  apply_fields(signature, input);
  apply_text_options(signature, input);
  require_own_paths(signature);
}

}  // namespace infer::detail
