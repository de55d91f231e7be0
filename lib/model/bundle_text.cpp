#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "model/bundle.hpp"
#include "model/json_fields.hpp"

namespace infer {
namespace {

using detail::JsonFields;
namespace dom = simdjson::dom;

constexpr std::int64_t kVersion = 1;

template <class Value>
Value named(JsonFields& fields, const char* key, std::optional<Value> (*value_of)(std::string_view)) {
  const auto name = fields.text(key);
  const auto value = value_of(name);
  if (!value) fields.refuse(key, "\"" + name + "\" is unknown");
  return *value;
}

Shape read_shape(JsonFields& fields) {
  Shape shape;
  for (const auto item : fields.array("shape")) {
    std::int64_t size = 0;
    std::string_view text;
    if (!item.get_string().get(text) && text == "*") {
      shape.push_back(kVariableDim);
    } else if (!item.get_int64().get(size) && size > 0) {
      shape.push_back(size);
    } else {
      fields.refuse("shape", "must be a list of whole numbers from 1 up, or \"*\"");
    }
  }
  if (!is_possible(shape)) {
    fields.refuse("shape",
                  shape_text(shape) + " has more than " + std::to_string(kMostValues) + " values per record");
  }
  return shape;
}

ValueRange read_range(JsonFields& fields, DType dtype) {
  std::vector<std::int64_t> bounds;
  for (const auto item : fields.array("range")) {
    if (item.get_int64().get(bounds.emplace_back())) fields.refuse("range", "must have whole numbers");
  }
  if (bounds.size() != 2 || bounds[0] > bounds[1]) fields.refuse("range", "must be [low, high]");
  if (is_floating(dtype) || dtype == DType::boolean)
    fields.refuse("range", "is only for whole-number inputs");
  return {bounds[0], bounds[1]};
}

std::optional<TokenPart> token_part(std::string_view from) {
  if (from == "token_ids") return TokenPart::ids;
  if (from == "token_mask") return TokenPart::mask;
  if (from == "token_types") return TokenPart::types;
  return std::nullopt;
}

InputSource read_source(JsonFields& fields, const TensorSpec& spec) {
  const auto from = fields.text("from");
  if (from == "field")
    return {split_json_path(fields.has("field") ? fields.text("field") : spec.name), std::nullopt};
  const auto part = token_part(from);
  if (!part) fields.refuse("from", "\"" + from + "\" is unknown");
  if (spec.shape != Shape{kVariableDim}) fields.refuse("shape", "must be [\"*\"] for tokens");
  if (spec.dtype != DType::int64 && spec.dtype != DType::int32)
    fields.refuse("dtype", "must be int64 or int32 for tokens");
  if (!spec.pad) fields.refuse("pad", "is missing: tokens need a fill value");
  return {{}, part};
}

void read_input(JsonFields fields, Signature& signature) {
  TensorSpec spec;
  spec.name = fields.text("name");
  if (std::ranges::find(signature.inputs, spec.name, &TensorSpec::name) != signature.inputs.end())
    fields.refuse("name", "\"" + spec.name + "\" comes twice");
  spec.dtype = named<DType>(fields, "dtype", dtype_from_name);
  spec.shape = read_shape(fields);
  if (fields.has("range")) spec.range = read_range(fields, spec.dtype);
  if (fields.has("pad")) spec.pad = fields.number("pad");
  if (spec.pad && !holds(spec.dtype, *spec.pad))
    fields.refuse("pad", "is no " + std::string(dtype_name(spec.dtype)));
  signature.sources.push_back(read_source(fields, spec));
  signature.inputs.push_back(std::move(spec));
  fields.refuse_others();
}

TextSpec read_text(JsonFields fields) {
  TextSpec text;
  for (const auto& field : fields.texts("fields")) text.fields.push_back(split_json_path(field));
  if (text.fields.empty() || text.fields.size() > 2) fields.refuse("fields", "must name one text, or two");
  text.max_length = static_cast<std::size_t>(fields.whole_number("max_length", 1));
  if (fields.has("truncation_side")) {
    const auto side = fields.text("truncation_side");
    if (side != "left" && side != "right") fields.refuse("truncation_side", "must be left or right");
    text.truncate_left = side == "left";
  }
  fields.refuse_others();
  return text;
}

/// Takes the names; returns the first output's shape.
Shape read_outputs(JsonFields& root, ResultSpec& result) {
  Shape first;
  for (auto& fields : root.objects("outputs")) {
    result.outputs.push_back(fields.text("name"));
    const auto shape = read_shape(fields);
    if (result.outputs.size() == 1) first = shape;
    fields.refuse_others();
  }
  if (result.outputs.empty()) root.refuse("outputs", "must have at least one output");
  return first;
}

void read_classes(JsonFields fields, ResultSpec& result) {
  result.labels = fields.texts("labels");
  if (result.labels.empty()) fields.refuse("labels", "must have at least one label");
  result.activation = named<Activation>(fields, "activation", activation_from_name);
  if (result.task == Task::entities && result.activation != Activation::softmax)
    fields.refuse("activation", "must be softmax for entities");
  if (fields.has("threshold")) result.threshold = fields.number("threshold");
  fields.refuse_others();
}

bool has_classes(Task task) { return task == Task::classification || task == Task::entities; }

/// The shape per record that the task needs of its first output.
Shape shape_for(const ResultSpec& result, const Shape& stated) {
  const auto labels = static_cast<std::int64_t>(result.labels.size());
  switch (result.task) {
    case Task::classification: return {labels};
    case Task::entities: return {kVariableDim, labels};
    case Task::embedding: return {stated.empty() || stated[0] == kVariableDim ? 1 : stated[0]};
    case Task::outputs: break;
  }
  return stated;
}

void read_result(JsonFields& root, ResultSpec& result) {
  result.task = named<Task>(root, "task", task_from_name);
  const auto shape = read_outputs(root, result);
  if (has_classes(result.task) != root.has("classes")) {
    root.refuse("classes", has_classes(result.task) ? "is missing" : "does not belong to this task");
  }
  if (has_classes(result.task)) read_classes(root.object("classes"), result);
  if (const auto wanted = shape_for(result, shape); shape != wanted) {
    root.refuse(
        "outputs[0].shape",
        shape_text(shape) + " does not fit the task " + std::string(task_name(result.task)) +
            (has_classes(result.task) ? " with " + std::to_string(result.labels.size()) + " labels" : "") +
            ", which needs " + shape_text(wanted));
  }
  if (result.task == Task::embedding) result.width = static_cast<std::size_t>(shape[0]);
}

void read_inputs(JsonFields& root, Signature& signature) {
  for (auto& fields : root.objects("inputs")) read_input(fields, signature);
  if (signature.inputs.empty()) root.refuse("inputs", "must have at least one input");
  const bool needs_text =
      std::ranges::any_of(signature.sources, [](const auto& source) { return source.tokens.has_value(); });
  if (needs_text != root.has("text"))
    root.refuse("text", needs_text ? "is missing, but inputs come from tokens" : "no input comes from it");
  if (needs_text) signature.text = read_text(root.object("text"));
  if (signature.result.task == Task::entities && (!signature.text || signature.text->fields.size() != 1))
    root.refuse("text.fields", "must name one text for entities");
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
