#include "model_file/read_bundle.hpp"

#include <simdjson.h>

#include <algorithm>

#include "base/error.hpp"

namespace infer::detail {
namespace {

constexpr const char* kSignatureMember = "extra/infer.json";
constexpr const char* kTokenizerMember = "extra/tokenizer.json";

/// "WordPiece", ...: the kind of model in a tokenizer.json.
std::string kind_of_tokenizer(const std::string& json, const std::string& source) {
  simdjson::dom::parser parser;
  std::string_view kind;
  if (parser.parse(simdjson::padded_string(json))["model"]["type"].get_string().get(kind))
    throw UsageError(source + ": this is no tokenizer of Hugging Face's tokenizers; export the model again");
  return std::string(kind);
}

/// Of a package without stages: "model", as PyTorch names it, or the only one.
std::string only_package(const ZipFile& file, const Archive& archive) {
  const auto& names = archive.packages;
  if (std::ranges::find(names, "model") != names.end()) return "model";
  if (names.size() == 1) return names.front();
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  throw UsageError(file.path().string() + ": this package holds several models (" + list +
                   ") and none is named \"model\"; put one model into each package");
}

}  // namespace

StagedModel stages_of(const ZipFile& file, const Archive& archive, const std::optional<Bundle>& document) {
  if (!document || document->stages.empty()) return {{{only_package(file, archive), {}, {}}}, {}};
  StagedModel model{document->stages, {}};
  for (const auto& input : document->signature.inputs) model.inputs.push_back(input.name);
  for (const auto& stage : model.stages) {
    if (std::ranges::find(archive.packages, stage.name) != archive.packages.end()) continue;
    throw UsageError(file.path().string() + ": infer.json: stages: the package has no model \"" + stage.name +
                     "\"; export it again");
  }
  return model;
}

std::optional<Bundle> read_bundle_document(const ZipFile& file, const Archive& archive) {
  const auto* const document = archive.find(kSignatureMember);
  if (document == nullptr) return std::nullopt;
  const auto source = file.path().string() + ": infer.json";
  auto bundle = parse_bundle(read_zip_member(file, *document), source);
  if (bundle.weights && archive.format != ModelFormat::aotinductor)
    throw UsageError(source +
                     ": weights: only a compiled model (.pt2) can have them outside; export it again");
  if (!bundle.stages.empty() && archive.format != ModelFormat::aotinductor)
    throw UsageError(source + ": stages: only a compiled model (.pt2) has any; export it again");
  return bundle;
}

std::optional<Bundle> read_bundle(const ZipFile& file, const Archive& archive) {
  const auto source = file.path().string() + ": ";
  auto bundle = read_bundle_document(file, archive);
  if (!bundle || !bundle->signature.text) return bundle;
  const auto* const tokenizer = archive.find(kTokenizerMember);
  if (tokenizer == nullptr) {
    throw UsageError(source + "the bundle takes text, but has no " + kTokenizerMember +
                     "; export the model again");
  }
  bundle->tokenizer = read_zip_member(file, *tokenizer);
  bundle->tokenizer_kind = kind_of_tokenizer(bundle->tokenizer, source + "tokenizer.json");
  return bundle;
}

}  // namespace infer::detail
