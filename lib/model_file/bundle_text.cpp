#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "json/json_fields.hpp"
#include "model_file/bundle.hpp"
#include "model_file/bundle_inputs.hpp"

namespace infer {
namespace {

using detail::JsonFields;
using detail::named;
using detail::read_shape;
namespace dom = simdjson::dom;

constexpr std::int64_t kVersion = 1;

/// Takes the names; returns the first output's shape.
Shape read_outputs(JsonFields& root, ResultSpec& result) {
  Shape first;
  for (auto& fields : root.objects("outputs")) {
    result.outputs.push_back(fields.text("name"));
    const auto shape = read_shape(fields);
    if (result.outputs.size() == 1) first = shape;
    result.shapes.push_back(shape);
    fields.refuse_others();
  }
  if (result.outputs.empty()) root.refuse("outputs", "must have at least one output");
  return first;
}

void read_classes(JsonFields fields, ResultSpec& result) {
  result.labels = fields.texts("labels");
  if (result.labels.empty()) fields.refuse("labels", "must have at least one label");
  result.activation = named<Activation>(fields, "activation", activation_from_name);
  if (!traits(result.task).ranks_classes && result.activation != Activation::softmax)
    fields.refuse("activation", "must be softmax for " + std::string(task_name(result.task)));
  if (fields.has("threshold")) result.threshold = fields.number("threshold");
  fields.refuse_others();
}

/// The shape per record that the task needs of its first output.
Shape shape_for(const ResultSpec& result, const Shape& stated) {
  const auto& task = traits(result.task);
  if (task.is_vector) return {stated.empty() || stated[0] == kVariableDim ? 1 : stated[0]};
  if (task.output_dims == 0) return stated;
  Shape shape(task.output_dims - 1, kVariableDim);
  if (task.has_classes) shape.back() = static_cast<std::int64_t>(result.labels.size());
  return shape;
}

void read_result(JsonFields& root, ResultSpec& result) {
  result.task = named<Task>(root, "task", task_from_name);
  const auto shape = read_outputs(root, result);
  const auto& task = traits(result.task);
  if (task.has_classes != root.has("classes")) {
    root.refuse("classes", task.has_classes ? "is missing" : "does not belong to this task");
  }
  if (task.has_classes) read_classes(root.object("classes"), result);
  if (const auto wanted = shape_for(result, shape); shape != wanted) {
    root.refuse("outputs[0].shape",
                shape_text(shape) + " does not fit the task " + std::string(task.name) +
                    (task.has_classes ? " with " + std::to_string(result.labels.size()) + " labels" : "") +
                    ", which needs " + shape_text(wanted));
  }
  if (task.is_vector) result.width = static_cast<std::size_t>(shape[0]);
}

void check_is_beside(const JsonFields& fields, std::string_view key, const std::string& name) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos)
    fields.refuse(key, "must be the name of a file beside the model");
}

BundleWeights read_weights(JsonFields fields) {
  BundleWeights weights{fields.text("file"), fields.text("digest")};
  check_is_beside(fields, "file", weights.file);
  fields.refuse_others();
  return weights;
}

Bundle parse(JsonFields root) {
  // First: what follows may mean something else in another version.
  if (const auto version = root.whole_number("infer_bundle", 1); version != kVersion) {
    root.refuse("infer_bundle",
                "is " + std::to_string(version) + ", but this infer reads " + std::to_string(kVersion));
  }
  Bundle bundle;
  read_result(root, bundle.signature.result);
  read_inputs(root, bundle.signature);
  if (root.has("max_batch"))
    bundle.signature.max_batch = static_cast<std::size_t>(root.whole_number("max_batch", 1));
  if (root.has("weights")) bundle.weights = read_weights(root.object("weights"));
  if (root.has("needs")) bundle.needs = root.texts("needs");
  for (const auto& library : bundle.needs) check_is_beside(root, "needs", library);
  if (root.has("stages")) bundle.stages = detail::read_stages(root, bundle.signature);
  if (root.has("origin")) bundle.origin = root.object("origin").members();
  root.refuse_others();
  return bundle;
}

}  // namespace

Bundle parse_bundle(std::string_view json, const std::string& source) {
  dom::parser parser;
  dom::element root;
  if (const auto code = parser.parse(simdjson::padded_string(json)).get(root)) {
    throw UsageError(source + ": is no valid JSON (" + simdjson::error_message(code) +
                     "); the file is damaged: export the model again");
  }
  return parse(JsonFields(root, source + ": "));
}

}  // namespace infer
