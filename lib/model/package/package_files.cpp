#include "model/package/package_files.hpp"

namespace infer::detail {

PackageFiles::PackageFiles(const ModelFile& file, const std::filesystem::path& unpacked)
    : package_(unpacked) {
  if (!unpacked.empty()) return;
  if (loads_folders()) {
    unpacked_ = std::make_unique<UnpackedModel>(file, 1);
    package_ = unpacked_->folder();
  } else {
    for_loader_ = std::make_unique<PackageFolder>(file.package_bytes());
    package_ = file.lasting_path();
  }
}

void PackageFiles::use_for(const std::function<void(const std::string& package)>& load) const {
  const auto call = [&] { load(package_.string()); };
  for_loader_ ? for_loader_->use_while(call) : call();
}

const std::filesystem::path& PackageFiles::folder() const {
  return for_loader_ ? for_loader_->path() : package_;
}

void PackageFiles::remove_loaded() {
  if (for_loader_) for_loader_->remove_loaded();
  if (unpacked_) unpacked_->remove_loaded();
}

}  // namespace infer::detail
