// What a model file says about its own use: the signature and the tokenizer inside a bundle (see bundle.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model_file/stages.hpp"
#include "record/signature.hpp"

namespace infer {

/// Of a model whose weights stand in a safetensors file beside it.
struct BundleWeights {
  std::string file;    ///< its name, in the model's folder
  std::string digest;  ///< as the file's metadata have it
};

struct Bundle {
  Signature signature;
  std::optional<BundleWeights> weights{};
  std::vector<std::string> needs{};  ///< names of the shared libraries that must be loaded before it
  std::vector<ModelStage> stages{};  ///< empty: the model is not cut
  std::string tokenizer;             ///< tokenizer.json; empty without text
  std::string tokenizer_kind;        ///< "WordPiece", "BPE", "Unigram", ...; empty without text
  std::vector<std::pair<std::string, std::string>> origin;  ///< how it was made, as text, in the file's order
};

/// The checks of ModelFile::bundle() on the text of an infer.json; `source` names it in messages. Everything
/// but the tokenizer.
Bundle parse_bundle(std::string_view json, const std::string& source);

}  // namespace infer
