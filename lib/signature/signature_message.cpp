// A signature as a message from rank 0 to the others.
#include "base/message.hpp"
#include "signature/signature.hpp"

namespace infer {

template <class Archive, MaybeConst<TensorSpec> Value>
void fields(Archive& all, Value& spec) {
  all(spec.name, spec.dtype, spec.shape, spec.range, spec.pad, spec.guessed, spec.packed);
}

template <class Archive, MaybeConst<InputSource> Value>
void fields(Archive& all, Value& source) {
  all(source.path, source.tokens);
}

template <class Archive, MaybeConst<TextSpec> Value>
void fields(Archive& all, Value& text) {
  all(text.fields, text.max_length, text.truncate, text.truncate_left, text.prompt);
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
  all(signature.inputs, signature.sources, signature.text, signature.result, signature.unfed,
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
