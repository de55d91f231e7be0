#include <algorithm>
#include <fstream>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "model_file/model_facts.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kEndBytes = std::uint64_t{1} << 20U;  // room for ten thousand members

}  // namespace

std::string model_identity(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw UsageError(errno_message("cannot open the model " + path.string()) + "; check --model");
  const auto bytes = static_cast<std::uint64_t>(file.tellg());
  std::string end(std::min(bytes, kEndBytes), '\0');
  file.seekg(static_cast<std::streamoff>(bytes - end.size()));
  file.read(end.data(), static_cast<std::streamsize>(end.size()));
  return std::to_string(bytes) + " bytes (" + digest_text(digest_of(end)) + ")";
}

}  // namespace infer
