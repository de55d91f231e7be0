#include "base/canonical_path.hpp"

#include <filesystem>
#include <system_error>

namespace infer {

std::string canonical_path(const std::string& path) {
  std::error_code unknown;
  const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  return unknown ? path : whole.string();
}

}  // namespace infer
