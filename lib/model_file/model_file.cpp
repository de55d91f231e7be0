#include "model_file/model_file.hpp"

#include <utility>

#include "base/error.hpp"
#include "model_file/package/unpack_package.hpp"
#include "model_file/read_bundle.hpp"

namespace infer {

namespace fs = std::filesystem;

fs::path beside_model(const fs::path& model, const std::string& name) {
  std::error_code error;
  auto path = model.parent_path() / name;
  if (fs::exists(path, error)) return path;
  const auto target = fs::canonical(model, error).parent_path() / name;
  return !error && fs::exists(target, error) ? target : path;
}

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
  open_weights(copy == nullptr ? path_ : *copy);
}

void ModelFile::open_weights(const std::filesystem::path& model) {
  if (!archive_ || archive_->format != ModelFormat::aotinductor) return;
  try {
    const auto bundle = detail::read_bundle_document(*file_, *archive_);
    if (!bundle || !bundle->weights) return;
    weights_ = std::make_shared<const WeightsFile>(beside_model(model, bundle->weights->file),
                                                   bundle->weights->digest);
  } catch (...) {
    weights_problem_ = std::current_exception();
  }
}

std::shared_ptr<const WeightsFile> ModelFile::weights() const {
  archive();
  if (weights_problem_) std::rethrow_exception(weights_problem_);
  return weights_;
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

std::vector<std::string> ModelFile::needs() const {
  const auto document = detail::read_bundle_document(file(), archive());
  return document ? document->needs : std::vector<std::string>();
}

StagedModel ModelFile::stages() const {
  return detail::stages_of(file(), archive(), detail::read_bundle_document(file(), archive()));
}

std::string ModelFile::compiled_device() const {
  return format() == ModelFormat::aotinductor ? package_facts().device : "";
}

detail::PackageFacts ModelFile::package_facts() const {
  return detail::read_package_facts(file(), archive(), stages().stages.front().name);
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
