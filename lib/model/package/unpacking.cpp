#include "model/package/unpacking.hpp"

#include <torch/version.h>

#include "model/failure.hpp"
#include "model/package/package_folder.hpp"

namespace infer {

namespace detail {

bool loads_folders() { return TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 15; }

}  // namespace detail

UnpackedModel::UnpackedModel(const ModelFile& file, int processes) {
  if (file.format() != ModelFormat::aotinductor) return;
  detail::naming(file.path(), [&] {
    const auto bytes = file.package_bytes();
    if (!detail::loads_folders()) {
      const detail::PackageFolder room(bytes * static_cast<unsigned>(processes));
      return;
    }
    folder_ = std::make_unique<detail::PackageFolder>(bytes);
    file.unpack_package(folder_->path());
  });
}

UnpackedModel::~UnpackedModel() = default;

std::filesystem::path UnpackedModel::folder() const { return folder_ ? folder_->path() : ""; }

void UnpackedModel::remove_loaded() {
  if (folder_) folder_->remove_loaded();
}

}  // namespace infer
