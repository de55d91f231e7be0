#include "wheel_folder.hpp"

#include <algorithm>

namespace infer::launch {
namespace {

namespace fs = std::filesystem;

int minor_of(const std::string& version) { return std::atoi(version.c_str() + version.find('.') + 1); }

/// Folders of `folder` whose names begin so; none where it cannot be read.
std::vector<fs::path> folders_named(const fs::path& folder, const std::string& beginning) {
  std::vector<fs::path> found;
  std::error_code unreadable;
  for (fs::directory_iterator entry(folder, unreadable), end; entry != end; entry.increment(unreadable)) {
    if (entry->path().filename().string().starts_with(beginning)) found.push_back(entry->path());
  }
  std::ranges::sort(found);
  return found;
}

/// Of venvs and users, of Debian's own Python, and of `pip install --target`.
std::vector<fs::path> site_folders(const fs::path& prefix) {
  std::vector<fs::path> folders;
  for (const auto* library : {"lib", "lib64"}) {
    for (const auto& python : folders_named(prefix / library, "python3")) {
      folders.push_back(python / "site-packages");
      folders.push_back(python / "dist-packages");
    }
  }
  folders.push_back(prefix);
  return folders;
}

}  // namespace

std::vector<std::string> WheelFolder::torch_versions() const {
  constexpr std::string_view kName = "torch";
  std::vector<std::string> versions;
  for (const auto& folder : folders_named(programs(), std::string(kName)))
    versions.push_back(folder.filename().string().substr(kName.size()));
  std::ranges::sort(versions, {}, minor_of);
  return versions;
}

WheelFolder find_wheel_folder() {
  const auto self = fs::read_symlink("/proc/self/exe");
  const auto prefix = self.parent_path().parent_path();
  std::vector<WheelFolder> found;
  for (const auto& folder : site_folders(prefix)) {
    const WheelFolder candidate{prefix, folder};
    if (!candidate.torch_versions().empty()) found.push_back(candidate);
  }
  if (found.empty())
    throw Refusal{self.string() + " finds no program of the wheel that it came with under " +
                  prefix.string() + ": was it moved? install the wheel again"};
  const auto with_torch = std::ranges::find_if(
      found, [](const WheelFolder& folder) { return fs::exists(folder.site_packages / "torch/version.py"); });
  return with_torch != found.end() ? *with_torch : found.front();
}

}  // namespace infer::launch
