// Where pip has put what came with this launcher.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace infer::launch {

/// What stops the start, for the user to read.
struct Refusal {
  std::string text;
};

struct WheelFolder {
  std::filesystem::path prefix;         // of bin/infer, this launcher
  std::filesystem::path site_packages;  // of infer/torch2.15/infer and, mostly, torch

  std::filesystem::path programs() const { return site_packages / "infer"; }
  std::filesystem::path program(const std::string& torch) const {
    return programs() / ("torch" + torch) / "infer";
  }
  /// "2.11", "2.15": for which versions of torch there is a program, the oldest first.
  std::vector<std::string> torch_versions() const;
};

/// Of the Pythons that share the prefix, one that has torch too comes first. Throws a Refusal.
WheelFolder find_wheel_folder();

}  // namespace infer::launch
