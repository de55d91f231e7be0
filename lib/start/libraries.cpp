#include "start/libraries.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "base/checked_cast.hpp"
#include "base/digest.hpp"
#include "base/file_io.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

std::string name_of(const std::string& library) { return fs::path(library).filename().string(); }

std::string text_of(const std::string& library) {
  const UniqueFd fd(::open(library.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return name_of(library);
  Digest digest;
  read_pieces(fd.get(), 0, checked_cast<std::uint64_t>(status.st_size),
              [&](std::string_view piece) { digest.add(piece); });
  return name_of(library) + " (" + digest_text(digest.value()) + ")";
}

}  // namespace

std::vector<std::string> libraries_to_load(const std::vector<std::string>& preload, const ModelFile& model) {
  auto libraries = preload;
  for (const auto& needed : model.needs()) {
    if (std::ranges::find(preload, needed, name_of) != preload.end()) continue;
    const auto beside = beside_model(model.path(), needed);
    std::error_code error;
    libraries.push_back(fs::exists(beside, error) ? beside.string() : needed);
  }
  return libraries;
}

std::string libraries_text(const std::vector<std::string>& libraries) {
  std::vector<std::string> texts;
  for (const auto& library : libraries) texts.push_back(text_of(library));
  return texts.empty() ? "none" : joined(texts, ", ");
}

}  // namespace infer
