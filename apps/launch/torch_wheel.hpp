// The torch wheel whose libraries the program is to run with.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "wheel_folder.hpp"

namespace infer::launch {

struct TorchWheel {
  std::filesystem::path folder;  // site-packages/torch
  std::string version;           // "2.15.0+cpu"

  std::string minor_version() const;  // "2.15"
};

/// Beside the program, else where Python would import it from (0.1 s): in a venv that sees the system's
/// packages, say.
std::optional<TorchWheel> find_torch(const WheelFolder& wheel);

/// Lets the loader find the libraries of a torch that is not where the program looks for it.
void search_libraries_of(const TorchWheel& torch);

}  // namespace infer::launch
