// Reads the bundle inside a model file. Internal to it.
#pragma once

#include <optional>

#include "model_file/archive.hpp"
#include "model_file/bundle.hpp"

namespace infer::detail {

/// As ModelFile::bundle(). Reads nothing of the weights.
std::optional<Bundle> read_bundle(const ZipFile& file, const Archive& archive);

/// Without the tokenizer.
std::optional<Bundle> read_bundle_document(const ZipFile& file, const Archive& archive);

/// As ModelFile::stages(), of an AOTInductor package and what read_bundle_document() gives.
StagedModel stages_of(const ZipFile& file, const Archive& archive, const std::optional<Bundle>& document);

}  // namespace infer::detail
