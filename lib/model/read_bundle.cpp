#include "model/read_bundle.hpp"

#include <caffe2/serialize/inline_container.h>
#include <simdjson.h>

#include "base/error.hpp"
#include "model_file/archive.hpp"

namespace infer {
namespace {

constexpr const char* kSignatureMember = "extra/infer.json";
constexpr const char* kTokenizerMember = "extra/tokenizer.json";

std::string read_member(caffe2::serialize::PyTorchStreamReader& reader, const char* member) {
  const auto [data, size] = reader.getRecord(member);
  return {static_cast<const char*>(data.get()), size};
}

/// "WordPiece", ...: the kind of model in a tokenizer.json.
std::string kind_of_tokenizer(const std::string& json, const std::string& source) {
  simdjson::dom::parser parser;
  std::string_view kind;
  if (parser.parse(simdjson::padded_string(json))["model"]["type"].get_string().get(kind))
    throw UsageError(source + ": this is no tokenizer of Hugging Face's tokenizers; export the model again");
  return std::string(kind);
}

}  // namespace

std::optional<Bundle> read_bundle(const std::filesystem::path& path) {
  detail::examine_model_file(path);
  const auto source = path.string() + ": ";
  try {
    caffe2::serialize::PyTorchStreamReader reader(path.string());
    if (!reader.hasRecord(kSignatureMember)) return std::nullopt;
    auto bundle = parse_bundle(read_member(reader, kSignatureMember), source + "infer.json");
    if (!bundle.signature.text) return bundle;
    if (!reader.hasRecord(kTokenizerMember)) {
      throw UsageError(source + "the bundle takes text, but has no " + kTokenizerMember +
                       "; export the model again");
    }
    bundle.tokenizer = read_member(reader, kTokenizerMember);
    bundle.tokenizer_kind = kind_of_tokenizer(bundle.tokenizer, source + "tokenizer.json");
    return bundle;
  } catch (const c10::Error& error) {
    throw UsageError(source + "cannot read the bundle: " + error.what_without_backtrace() +
                     "; copy or export it again");
  }
}

}  // namespace infer
