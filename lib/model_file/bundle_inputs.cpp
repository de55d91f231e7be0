#include "model_file/bundle_inputs.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace infer::detail {
namespace {

ValueRange read_range(JsonFields& fields, DType dtype) {
  std::vector<std::int64_t> bounds;
  for (const auto item : fields.array("range")) {
    if (item.get_int64().get(bounds.emplace_back())) fields.refuse("range", "must have whole numbers");
  }
  if (bounds.size() != 2 || bounds[0] > bounds[1]) fields.refuse("range", "must be [low, high]");
  if (!is_integer(dtype)) fields.refuse("range", "is only for whole-number inputs");
  return {bounds[0], bounds[1]};
}

std::optional<TokenPart> token_part(std::string_view from) {
  if (from == "token_ids") return TokenPart::ids;
  if (from == "token_mask") return TokenPart::mask;
  if (from == "token_types") return TokenPart::types;
  if (from == "token_count") return TokenPart::count;
  return std::nullopt;
}

JsonPath path_of(JsonFields& fields, const TensorSpec& spec) {
  return split_json_path(fields.has("field") ? fields.text("field") : spec.name);
}

InputSource image_source(JsonFields& fields, const TensorSpec& spec) {
  if (spec.dtype != DType::uint8) fields.refuse("dtype", "must be uint8 for a picture");
  const bool is_fixed = !spec.has_variable_dims();
  if (!is_fixed || spec.shape.size() != 3 || spec.shape[2] != 3)
    fields.refuse("shape", "must be [height, width, 3] for a picture");
  return {path_of(fields, spec), std::nullopt, true};
}

InputSource read_source(JsonFields& fields, const TensorSpec& spec) {
  const auto from = fields.text("from");
  if (from == "field") return {path_of(fields, spec), std::nullopt};
  if (from == "image") return image_source(fields, spec);
  const auto part = token_part(from);
  if (!part) fields.refuse("from", "\"" + from + "\" is unknown");
  if (spec.dtype != DType::int64 && spec.dtype != DType::int32)
    fields.refuse("dtype", "must be int64 or int32 for tokens");
  if (part == TokenPart::count) {
    if (!spec.shape.empty()) fields.refuse("shape", "must be [] for a count");
    return {{}, part};
  }
  if (spec.shape != Shape{kVariableDim}) fields.refuse("shape", "must be [\"*\"] for tokens");
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
  if (fields.has("packed")) spec.packed = fields.boolean("packed");
  if (spec.packed && !signature.sources.back().tokens) fields.refuse("packed", "is for tokens");
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
  if (fields.has("prompt")) text.prompt = fields.text("prompt");
  fields.refuse_others();
  return text;
}

void read_image_of_inputs(JsonFields& root, Signature& signature) {
  const auto pictures = std::ranges::count_if(signature.sources, &InputSource::image);
  if (pictures > 1) root.refuse("inputs", "must not have more than one from an image");
  if (root.has("image") != (pictures == 1))
    root.refuse("image", pictures == 1 ? "is missing, but an input comes from it" : "no input comes from it");
  if (pictures == 0) return;
  const auto input = std::ranges::find_if(signature.sources, &InputSource::image) - signature.sources.begin();
  signature.image = read_image(root.object("image"), signature.inputs[static_cast<std::size_t>(input)].shape);
}

/// Tokens are packed all or not at all, and the model must be told where texts end.
void check_packing(JsonFields& root, const Signature& signature) {
  const auto alike = [](const TensorSpec& spec) { return spec.packed == spec.has_variable_dims(); };
  if (std::ranges::none_of(signature.inputs, &TensorSpec::packed)) return;
  if (!std::ranges::all_of(signature.inputs, alike))
    root.refuse("inputs", "must be packed all, where their length varies, or none");
  const auto counts = [](const InputSource& source) { return source.tokens == TokenPart::count; };
  if (std::ranges::none_of(signature.sources, counts))
    root.refuse("inputs", "have packed tokens, but none from token_count");
  if (const auto& task = traits(signature.result.task); task.has_places)
    root.refuse("inputs", "must not be packed for " + std::string(task.name));
}

}  // namespace

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

void read_inputs(JsonFields& root, Signature& signature) {
  for (auto& fields : root.objects("inputs")) read_input(fields, signature);
  if (signature.inputs.empty()) root.refuse("inputs", "must have at least one input");
  const bool needs_text =
      std::ranges::any_of(signature.sources, [](const auto& source) { return source.tokens.has_value(); });
  if (needs_text != root.has("text"))
    root.refuse("text", needs_text ? "is missing, but inputs come from tokens" : "no input comes from it");
  if (needs_text) signature.text = read_text(root.object("text"));
  read_image_of_inputs(root, signature);
  check_packing(root, signature);
  const auto& task = traits(signature.result.task);
  const bool one_text = signature.text && signature.text->fields.size() == 1;
  if (task.has_places && !one_text)
    root.refuse("text.fields", "must name one text for " + std::string(task.name));
  if (signature.text && !signature.text->prompt.empty() && (task.has_places || !one_text))
    root.refuse("text.prompt", "is for one text, and not for " + names_of_tasks(&TaskTraits::has_places));
}

}  // namespace infer::detail
