#include <algorithm>

#include "base/checked_cast.hpp"
#include "base/digest.hpp"
#include "model_file/model_facts.hpp"
#include "model_file/zip/zip_file.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kEndBytes = std::uint64_t{1} << 20U;  // room for ten thousand members

}  // namespace

std::string detail::identity_of(const ZipFile& file) {
  const auto size = std::min(file.bytes(), kEndBytes);
  const auto end = file.read(file.bytes() - size, checked_cast<std::size_t>(size));
  return std::to_string(file.bytes()) + " bytes (" + digest_text(digest_of(end)) + ")";
}

std::string file_identity(const std::filesystem::path& path) {
  return detail::identity_of(detail::ZipFile(path));
}

}  // namespace infer
