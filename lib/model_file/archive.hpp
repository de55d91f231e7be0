// What kind of file a model path names, told by its content: names and extensions lie.
#pragma once

#include <filesystem>
#include <string>

#include "model_file/model_facts.hpp"

namespace infer::detail {

struct ModelFile {
  ModelFormat format = ModelFormat::torchscript;
  std::string package_name;  ///< AOTInductor: the model's name within the package; else empty
};

/// Throws UsageError, with what the file is and how to make a runnable one, for everything but the two
/// formats.
ModelFile examine_model_file(const std::filesystem::path& path);

}  // namespace infer::detail
