// A signature as a message from rank 0 to the others.
#include <algorithm>
#include <array>
#include <iterator>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/message.hpp"
#include "signature/signature.hpp"

namespace infer {

template <class Archive, MaybeConst<TensorSpec> Value>
void fields(Archive& all, Value& spec) {
  all(spec.name, spec.dtype, spec.shape, spec.range, spec.pad, spec.guessed, spec.packed);
}

template <class Archive, MaybeConst<InputSource> Value>
void fields(Archive& all, Value& source) {
  all(source.path, source.tokens, source.image);
}

template <class Archive, MaybeConst<TextSpec> Value>
void fields(Archive& all, Value& text) {
  all(text.fields, text.max_length, text.truncate, text.truncate_left, text.prompt);
}

/// A step without padding, whose bytes may be compared.
struct FlatStep {
  std::uint32_t kind = 0;
  std::int32_t first = 0;
  std::int32_t second = 0;
  ResizeFilter filter = ResizeFilter::nearest;
  std::array<std::uint8_t, 3> rest{};
};
static_assert(std::has_unique_object_representations_v<FlatStep>);

FlatStep flat(const ImageStep& step) {
  FlatStep flat{static_cast<std::uint32_t>(step.index())};
  if (const auto* resize = std::get_if<ResizeStep>(&step)) {
    flat = {flat.kind, resize->size.height, resize->size.width, resize->filter};
  } else if (const auto* shortest = std::get_if<ResizeShortestStep>(&step)) {
    flat = {flat.kind, shortest->size, 0, shortest->filter};
  } else if (const auto* crop = std::get_if<CenterCropStep>(&step)) {
    flat = {flat.kind, crop->size.height, crop->size.width};
  } else {
    const auto& square = std::get<CenterSquareStep>(step);
    flat = {flat.kind, square.part, square.whole};
  }
  return flat;
}

ImageStep step_of(const FlatStep& flat) {
  const ImageSize size{flat.first, flat.second};
  switch (flat.kind) {
    case 0: return ResizeStep{size, flat.filter};
    case 1: return ResizeShortestStep{flat.first, flat.filter};
    case 2: return CenterCropStep{size};
    default: return CenterSquareStep{flat.first, flat.second};
  }
}

template <class Archive, MaybeConst<ImageSpec> Value>
void fields(Archive& all, Value& image) {
  std::vector<FlatStep> steps;
  std::ranges::transform(image.steps, std::back_inserter(steps), flat);
  all(image.backend, image.orient, steps, image.size);
  if constexpr (!std::is_const_v<Value>) {
    image.steps.clear();
    std::ranges::transform(steps, std::back_inserter(image.steps), step_of);
  }
}

template <class Archive, MaybeConst<ResultSpec> Value>
void fields(Archive& all, Value& result) {
  all(result.task, result.outputs, result.labels, result.activation, result.threshold, result.width,
      result.shapes, result.given, result.carried);
}

template <class Archive, MaybeConst<UnfedArgument> Value>
void fields(Archive& all, Value& argument) {
  all(argument.name, argument.path, argument.remedy);
}

template <class Archive, MaybeConst<Signature> Value>
void fields(Archive& all, Value& signature) {
  all(signature.inputs, signature.sources, signature.text, signature.image, signature.result, signature.unfed,
      signature.min_batch, signature.max_batch, signature.missing_as_nan);
}

std::string serialize_treatment(const ModelTreatment& treatment) { return as_text(to_message(treatment)); }
ModelTreatment deserialize_treatment(const std::string& text) {
  return from_message<ModelTreatment>(as_byte_view(text));
}

std::string serialize_signature(const Signature& signature) { return as_text(to_message(signature)); }
Signature deserialize_signature(const std::string& text) {
  return from_message<Signature>(as_byte_view(text));
}

}  // namespace infer
