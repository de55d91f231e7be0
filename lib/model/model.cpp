#include "model/model.hpp"

#include <torch/headeronly/version.h>

#include "model/aotinductor_model.hpp"
#include "model/torchscript_model.hpp"
#include "model_file/archive.hpp"

namespace infer {

std::unique_ptr<Model> load_model(const ModelConfig& config) {
  const auto file = detail::examine_model_file(config.path);
  if (file.format == ModelFormat::torchscript) return detail::load_torchscript(config);
  return detail::load_aotinductor(config, file.package_name);
}

ModelInfo inspect_model(const std::filesystem::path& path) {
  const auto file = detail::examine_model_file(path);
  if (file.format == ModelFormat::torchscript) return detail::inspect_torchscript(path);
  return detail::inspect_aotinductor(path, file.package_name);
}

std::string compiled_device(const std::filesystem::path& path) {
  const auto file = detail::examine_model_file(path);
  return file.format == ModelFormat::aotinductor ? detail::package_device(path, file.package_name) : "";
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace infer
