#include "model/model.hpp"

#include <torch/headeronly/version.h>

#include "model/aotinductor_model.hpp"
#include "model/failure.hpp"
#include "model/preload.hpp"
#include "model/torchscript_model.hpp"

namespace infer {

std::unique_ptr<Model> load_model(const ModelFile& file, const ModelConfig& config) {
  const bool is_script = file.format() == ModelFormat::torchscript;
  return detail::naming(file.path(), [&] {
    return is_script ? detail::load_torchscript(file, config) : detail::load_aotinductor(file, config);
  });
}

ModelInfo inspect_model(const ModelFile& file, std::span<const std::string> libraries) {
  const bool is_script = file.format() == ModelFormat::torchscript;
  detail::preload_libraries(libraries, true);
  return detail::naming(file.path(), [&] {
    return is_script ? detail::inspect_torchscript(file) : detail::inspect_aotinductor(file);
  });
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace infer
