// A compiled package's files, for LibTorch's loader: where they are, and who keeps them there if nobody else
// does.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "model/package/package_folder.hpp"
#include "model/package/unpacking.hpp"

namespace infer::detail {

/// To live as long as what was loaded.
class PackageFiles {
 public:
  /// `unpacked`: as ModelConfig has it. Throws as UnpackedModel does.
  PackageFiles(const ModelFile& file, const std::filesystem::path& unpacked);

  /// Runs `load` with what the loader is to be given. No other thread may use the environment meanwhile.
  void use_for(const std::function<void(const std::string& package)>& load) const;

  /// Where code is executed from.
  const std::filesystem::path& folder() const;

  /// What is not read again.
  void remove_loaded();

 private:
  std::filesystem::path package_;
  std::unique_ptr<UnpackedModel> unpacked_;
  std::unique_ptr<PackageFolder> for_loader_;  // which unpacks by itself
};

}  // namespace infer::detail
