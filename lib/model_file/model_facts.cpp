#include "model_file/model_facts.hpp"

namespace infer {

std::string_view model_format_name(ModelFormat format) {
  return format == ModelFormat::torchscript ? "TorchScript" : "AOTInductor";
}

}  // namespace infer
