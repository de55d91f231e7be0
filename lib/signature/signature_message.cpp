// A signature as a message from rank 0 to the others.
#include "base/bytes.hpp"
#include "signature/signature.hpp"

namespace infer {
namespace {

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
  out.value<std::uint64_t>(texts.size());
  for (const auto& text : texts) out.text(text);
}

std::vector<std::string> read_texts(ByteReader& in) {
  std::vector<std::string> texts(in.value<std::uint64_t>());
  for (auto& text : texts) text = in.text();
  return texts;
}

void write_input(ByteWriter& out, const TensorSpec& spec, const InputSource& source) {
  out.text(spec.name);
  out.value(spec.dtype);
  out.values(spec.shape);
  out.optional(spec.range);
  out.optional(spec.pad);
  out.value(spec.guessed);
  out.value(spec.packed);
  write_texts(out, source.path);
  out.optional(source.tokens);
}

void read_input(ByteReader& in, Signature& signature) {
  TensorSpec spec;
  spec.name = in.text();
  spec.dtype = in.value<DType>();
  spec.shape = in.values<std::int64_t>();
  spec.range = in.optional<ValueRange>();
  spec.pad = in.optional<double>();
  spec.guessed = in.value<bool>();
  spec.packed = in.value<bool>();
  InputSource source;
  source.path = read_texts(in);
  source.tokens = in.optional<TokenPart>();
  signature.inputs.push_back(std::move(spec));
  signature.sources.push_back(std::move(source));
}

void write_text_spec(ByteWriter& out, const std::optional<TextSpec>& text) {
  out.value(text.has_value());
  if (!text) return;
  out.value<std::uint64_t>(text->fields.size());
  for (const auto& path : text->fields) write_texts(out, path);
  out.value(text->max_length);
  out.value(text->truncate);
  out.value(text->truncate_left);
  out.text(text->prompt);
}

std::optional<TextSpec> read_text_spec(ByteReader& in) {
  if (!in.value<bool>()) return std::nullopt;
  TextSpec text;
  text.fields.resize(in.value<std::uint64_t>());
  for (auto& path : text.fields) path = read_texts(in);
  text.max_length = in.value<std::size_t>();
  text.truncate = in.value<bool>();
  text.truncate_left = in.value<bool>();
  text.prompt = in.text();
  return text;
}

void write_unfed(ByteWriter& out, const std::vector<UnfedArgument>& arguments) {
  out.value<std::uint64_t>(arguments.size());
  for (const auto& argument : arguments) {
    out.text(argument.name);
    write_texts(out, argument.path);
    out.text(argument.remedy);
  }
}

std::vector<UnfedArgument> read_unfed(ByteReader& in) {
  std::vector<UnfedArgument> arguments(in.value<std::uint64_t>());
  for (auto& argument : arguments) {
    argument.name = in.text();
    argument.path = read_texts(in);
    argument.remedy = in.text();
  }
  return arguments;
}

void write_result(ByteWriter& out, const ResultSpec& result) {
  out.value(result.task);
  write_texts(out, result.outputs);
  write_texts(out, result.labels);
  out.value(result.activation);
  out.value(result.threshold);
  out.value(result.width);
  out.value<std::uint64_t>(result.shapes.size());
  for (const auto& shape : result.shapes) out.values(shape);
}

ResultSpec read_result(ByteReader& in) {
  ResultSpec result;
  result.task = in.value<Task>();
  result.outputs = read_texts(in);
  result.labels = read_texts(in);
  result.activation = in.value<Activation>();
  result.threshold = in.value<double>();
  result.width = in.value<std::size_t>();
  result.shapes.resize(in.value<std::uint64_t>());
  for (auto& shape : result.shapes) shape = in.values<std::int64_t>();
  return result;
}

}  // namespace

std::string serialize_treatment(const ModelTreatment& treatment) {
  ByteWriter out;
  out.value(treatment.rewrites);
  out.value(treatment.one_at_a_time);
  return as_text(std::move(out).take());
}

ModelTreatment deserialize_treatment(const std::string& text) {
  ByteReader in(as_byte_view(text));
  ModelTreatment treatment;
  treatment.rewrites = in.value<Rewrites>();
  treatment.one_at_a_time = in.value<bool>();
  return treatment;
}

std::string serialize_signature(const Signature& signature) {
  ByteWriter out;
  out.value<std::uint64_t>(signature.inputs.size());
  for (std::size_t i = 0; i < signature.inputs.size(); ++i)
    write_input(out, signature.inputs[i], signature.sources[i]);
  write_text_spec(out, signature.text);
  write_result(out, signature.result);
  write_unfed(out, signature.unfed);
  out.value(signature.min_batch);
  out.value(signature.max_batch);
  out.value(signature.missing_as_nan);
  return as_text(std::move(out).take());
}

Signature deserialize_signature(const std::string& text) {
  ByteReader in(as_byte_view(text));
  Signature signature;
  const auto inputs = in.value<std::uint64_t>();
  for (std::uint64_t i = 0; i < inputs; ++i) read_input(in, signature);
  signature.text = read_text_spec(in);
  signature.result = read_result(in);
  signature.unfed = read_unfed(in);
  signature.min_batch = in.value<std::size_t>();
  signature.max_batch = in.value<std::size_t>();
  signature.missing_as_nan = in.value<bool>();
  return signature;
}

}  // namespace infer
