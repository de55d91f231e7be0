#include "inspect.hpp"

#include <spdlog/fmt/fmt.h>

#include <string_view>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "model/model.hpp"
#include "record/image_names.hpp"
#include "start/libraries.hpp"

namespace infer {
namespace {

std::string describe_file(const ModelInfo& info) {
  auto text =
      fmt::format("  format   {}\n  size     {} bytes\n", model_format_name(info.format), info.file_bytes);
  if (!info.device.empty()) text += fmt::format("  device   {}\n", info.device);
  if (!info.compiled_for.empty()) text += fmt::format("  compiled {}\n", info.compiled_for);
  if (info.float_dtype) text += fmt::format("  weights  {}\n", dtype_name(*info.float_dtype));
  return text;
}

std::string describe_weights(const ModelFile& file) {
  const auto weights = file.weights();
  return weights
             ? fmt::format("  weights  {}, {} bytes\n", printable(weights->path().string()), weights->bytes())
             : "";
}

std::string describe_stages(const ModelFile& file) {
  if (file.format() != ModelFormat::aotinductor) return "";
  const auto stages = file.stages().stages.size();
  return stages == 1 ? "" : fmt::format("  stages   {}\n", stages);
}

std::string describe_arguments(const ModelInfo& info) {
  auto text = fmt::format("  inputs   {}\n", info.arguments.size());
  bool named = true;
  for (const auto& argument : info.arguments) {
    named &= !argument.name.empty();
    text +=
        fmt::format("    {}{}", argument.name.empty() ? "(no name in the file)" : printable(argument.name),
                    argument.has_default ? " (optional)" : "");
    if (argument.range) text += fmt::format(", an index, {}..{}", argument.range->low, argument.range->high);
    text += '\n';
  }
  text +=
      named
          ? "  Types and shapes are learnt from the data, or given by --input-spec name:dtype:shape.\n"
          : "  Give --input-spec name:dtype:shape for each input, in call order. If an input is an index, "
            "add its\n"
            "  range (ids:int64:[*]:0..30521): an index outside the model's table ends an AOTInductor run.\n";
  return text;
}

std::string source_text(const InputSource& source) {
  if (source.image) return "a picture in field \"" + printable(join_json_path(source.path)) + "\"";
  if (!source.tokens) return "field \"" + printable(join_json_path(source.path)) + "\"";
  switch (*source.tokens) {
    case TokenPart::ids: return "token ids";
    case TokenPart::mask: return "token mask";
    case TokenPart::types: return "token types";
    case TokenPart::count: return "the number of tokens";
  }
  return "";
}

std::string describe_inputs(const Signature& signature) {
  auto text = fmt::format("  inputs   {}\n", signature.inputs.size());
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    const auto& spec = signature.inputs[i];
    text += fmt::format("    {} {} {} from {}", printable(spec.name), dtype_name(spec.dtype),
                        shape_text(spec.shape), source_text(signature.sources[i]));
    if (spec.range) text += fmt::format(", {}..{}", spec.range->low, spec.range->high);
    if (spec.packed) text += ", packed";
    if (spec.pad && !spec.packed) text += fmt::format(", padded with {}", *spec.pad);
    text += '\n';
  }
  if (signature.max_batch > 0)
    text += fmt::format("    up to {} per batch\n", counted(signature.max_batch, "record"));
  return text;
}

std::string describe_text(const TextSpec& spec, const Bundle& bundle) {
  std::string fields;
  for (const auto& field : spec.fields)
    fields += fmt::format("{}\"{}\"", fields.empty() ? "" : " and ", printable(join_json_path(field)));
  const auto prompt =
      spec.prompt.empty() ? "" : fmt::format("  prompt   \"{}\" before each text\n", printable(spec.prompt));
  return fmt::format(
      "  text     {}, up to {} tokens, longer ones cut at the {}\n{}  tokenizer {}, {} bytes\n", fields,
      spec.max_length, spec.truncate_left ? "beginning" : "end", prompt, printable(bundle.tokenizer_kind),
      bundle.tokenizer.size());
}

struct StepText {
  std::string operator()(const ResizeStep& step) const {
    return fmt::format("resize to {} x {} ({})", step.size.height, step.size.width, filter_name(step.filter));
  }
  std::string operator()(const ResizeShortestStep& step) const {
    return fmt::format("shorter side to {} ({})", step.size, filter_name(step.filter));
  }
  std::string operator()(const CenterCropStep& step) const {
    return fmt::format("the middle {} x {}", step.size.height, step.size.width);
  }
  std::string operator()(const CenterSquareStep& step) const {
    return fmt::format("the middle square, {}/{} of the shorter side", step.part, step.whole);
  }
};

std::string describe_image(const ImageSpec& image) {
  std::vector<std::string> steps;
  for (const auto& step : image.steps) steps.push_back(std::visit(StepText(), step));
  return fmt::format("  picture  {}; as {}, {}\n", fmt::join(steps, ", "),
                     image.backend == ImageBackend::pil ? "Pillow" : "torchvision",
                     image.orient ? "turned by EXIF" : "not turned");
}

std::string describe_result(const ResultSpec& result) {
  auto text = fmt::format("  outputs  {}\n", printable(fmt::format("{}", fmt::join(result.outputs, ", "))));
  if (result.width > 0) text += fmt::format("  width    {}\n", result.width);
  if (result.labels.empty()) return text;
  text += fmt::format("  labels   {}: {}\n  scores   by {}", result.labels.size(),
                      printable(fmt::format("{}", fmt::join(result.labels, ", "))),
                      activation_name(result.activation));
  if (result.activation == Activation::sigmoid && result.labels.size() > 1)
    text += fmt::format(", a label holds from {}", result.threshold);
  return text + '\n';
}

std::string describe_bundle(const Bundle& bundle) {
  const auto& signature = bundle.signature;
  auto text = fmt::format("  task     {}\n", task_name(signature.result.task));
  if (signature.text) text += describe_text(*signature.text, bundle);
  if (signature.image) text += describe_image(*signature.image);
  text += describe_inputs(signature) + describe_result(signature.result);
  if (!bundle.needs.empty())
    text += fmt::format("  needs    {}\n", printable(fmt::format("{}", fmt::join(bundle.needs, ", "))));
  if (!bundle.origin.empty()) text += "  made from\n";
  for (const auto& [key, value] : bundle.origin)
    text += fmt::format("    {} {}\n", printable(key), printable(value));
  return text;
}

}  // namespace

std::string describe_model(const std::string& path, const std::vector<std::string>& preload) {
  const ModelFile file(path);
  const auto info = inspect_model(file, libraries_to_load(preload, file));
  const auto bundle = file.bundle();
  return printable(path) + '\n' + describe_file(info) + describe_weights(file) + describe_stages(file) +
         (bundle ? describe_bundle(*bundle) : describe_arguments(info));
}

}  // namespace infer
