#include "model_file/model_file.hpp"

#include <utility>

#include "base/error.hpp"
#include "model_file/read_bundle.hpp"
#include "model_file/unpack_package.hpp"

namespace infer {

ModelFile::ModelFile(std::filesystem::path path) : path_(std::move(path)) { open(nullptr); }

ModelFile::ModelFile(std::filesystem::path path, const std::filesystem::path& copy) : path_(std::move(path)) {
  open(&copy);
}

void ModelFile::open(const std::filesystem::path* copy) {
  try {
    file_ = copy == nullptr ? detail::open_archive(path_) : detail::ZipFile(path_, *copy);
    archive_ = detail::examine_archive(*file_);
  } catch (...) {
    problem_ = std::current_exception();
  }
}

const detail::ZipFile& ModelFile::file() const {
  if (!file_) std::rethrow_exception(problem_);
  return *file_;
}

const detail::Archive& ModelFile::archive() const {
  if (!archive_) std::rethrow_exception(problem_);
  return *archive_;
}

std::string ModelFile::identity() const { return detail::identity_of(file()); }

std::uint64_t ModelFile::bytes() const {
  archive();
  return file().bytes();
}

std::optional<Bundle> ModelFile::bundle() const { return detail::read_bundle(file(), archive()); }

std::string ModelFile::compiled_device() const {
  return format() == ModelFormat::aotinductor ? package_facts().device : "";
}

detail::PackageFacts ModelFile::package_facts() const {
  return detail::read_package_facts(file(), archive());
}

std::uint64_t ModelFile::package_bytes() const { return detail::package_bytes(archive()); }

void ModelFile::unpack_package(const std::filesystem::path& folder) const {
  detail::unpack_package(file(), archive(), folder);
}

std::filesystem::path ModelFile::lasting_path() const {
  const auto lasting = "/proc/self/fd/" + std::to_string(file().descriptor());
  std::error_code error;
  return std::filesystem::exists(lasting, error) ? std::filesystem::path(lasting) : path_;
}

std::size_t ModelFile::read_into(std::span<char> place, std::uint64_t begin) const {
  return file().read_into(place, begin);
}

}  // namespace infer
