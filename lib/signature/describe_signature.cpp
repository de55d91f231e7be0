#include <algorithm>

#include "signature/signature.hpp"

namespace infer {
namespace {

constexpr std::size_t kShownInputs = 16;

/// As --input-spec takes it.
std::string input_spec_text(const TensorSpec& spec) {
  std::ostringstream text;
  text << spec.name << ':' << dtype_name(spec.dtype) << ':' << shape_text(spec.shape);
  if (spec.range) text << ':' << spec.range->low << ".." << spec.range->high;
  return text.str();
}

std::string image_text(const Signature& signature, std::size_t input) {
  const auto& size = signature.image.value().size;
  return join_json_path(signature.sources[input].path) + " (picture, made " + std::to_string(size.height) +
         " x " + std::to_string(size.width) + ")";
}

}  // namespace

std::string describe_signature(const Signature& signature) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  const auto shown = std::min(signature.inputs.size(), kShownInputs);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& spec = signature.inputs[i];
    if (signature.sources[i].tokens) continue;
    add(signature.sources[i].image ? image_text(signature, i) : input_spec_text(spec));
  }
  if (const auto more = signature.inputs.size() - shown; more > 0)
    add("and " + std::to_string(more) + " more");
  if (!signature.text) return text;
  for (const auto& field : signature.text->fields) add(join_json_path(field));
  const auto most = signature.text->max_length;
  return text + " (text" + (most > 0 ? ", up to " + std::to_string(most) + " tokens)" : ")");
}

}  // namespace infer
