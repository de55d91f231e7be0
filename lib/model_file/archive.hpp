// What kind of file a model path names, told by its content: names and extensions lie. Internal to the model
// file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/model_facts.hpp"
#include "model_file/zip/zip_directory.hpp"

namespace infer::detail {

struct Archive {
  ModelFormat format = ModelFormat::torchscript;
  std::vector<std::string>
      packages;      ///< AOTInductor: names of the models within it, in their order; else empty
  std::string root;  ///< the folder that PyTorch puts everything into, with its slash
  std::vector<ZipMember> members;

  /// By its name below the root; null where there is none.
  const ZipMember* find(std::string_view name) const;
};

/// Throws UsageError for a folder, and for what cannot be opened.
ZipFile open_archive(const std::filesystem::path& path);

/// Throws UsageError, with what the file is and how to make a runnable one, for everything but the two
/// formats.
Archive examine_archive(const ZipFile& file);

}  // namespace infer::detail
