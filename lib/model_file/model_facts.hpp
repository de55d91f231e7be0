// What a model file is and says of itself.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "record/tensor.hpp"

namespace infer {

enum class ModelFormat { torchscript, aotinductor };

/// "TorchScript" or "AOTInductor".
std::string_view model_format_name(ModelFormat format);

/// One argument of the model's forward, as far as the file tells.
struct ModelArgument {
  std::string name;                   ///< empty when the format has none (AOTInductor)
  bool has_default = false;           ///< may be left out
  std::optional<ValueRange> range{};  ///< of an index into a table of the model
  std::size_t position = 0;           ///< among all of forward's arguments, self not counted
  std::string type{};                 ///< of one that is no tensor: "float"; else empty
};

/// Tells model files apart: the size, and a digest of the last MiB, where a zip file lists the checksums of
/// all its members. The same for a copy.
std::string file_identity(const std::filesystem::path& path);

}  // namespace infer
