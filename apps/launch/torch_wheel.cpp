#include "torch_wheel.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>

namespace infer::launch {
namespace {

namespace fs = std::filesystem;

std::string version_of(const fs::path& torch) {
  constexpr std::string_view kBefore = "__version__ = '";
  std::ifstream file(torch / "version.py");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kBefore)) continue;
    const auto rest = line.substr(kBefore.size());
    return rest.substr(0, rest.find('\''));
  }
  return "";
}

std::string shell_word(std::string_view text) {
  std::string word(1, '\'');
  for (const char each : text) {
    if (each == '\'') word.append("'\\'");
    word.push_back(each);
  }
  word.push_back('\'');
  return word;
}

/// The one line that Python prints; empty where there is none.
std::string ask_python(const std::string& python, const std::string& question) {
  const auto command = shell_word(python) + " -c " + shell_word(question) + " 2>/dev/null";
  const auto close = [](std::FILE* pipe) { ::pclose(pipe); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  std::array<char, 4096> line{};
  if (!pipe || std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) return "";
  const std::string text = line.data();
  return text.substr(0, text.find('\n'));
}

std::string own_python(const fs::path& prefix) {
  const auto own = prefix / "bin/python3";
  return ::access(own.c_str(), X_OK) == 0 ? own.string() : "python3";
}

}  // namespace

std::string TorchWheel::minor_version() const {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

std::optional<TorchWheel> find_torch(const WheelFolder& wheel) {
  auto folder = wheel.site_packages / "torch";
  if (!fs::exists(folder / "version.py"))
    folder =
        ask_python(own_python(wheel.prefix),
                   "import importlib.util as u; print(*u.find_spec('torch').submodule_search_locations)");
  auto version = version_of(folder);
  if (version.empty()) return std::nullopt;
  return TorchWheel{folder, version};
}

void search_libraries_of(const TorchWheel& torch) {
  const auto site_packages = torch.folder.parent_path();
  auto folders = (torch.folder / "lib").string();
  std::error_code unreadable;
  for (fs::directory_iterator entry(site_packages / "nvidia", unreadable), end; entry != end;
       entry.increment(unreadable))
    folders.append(":").append(entry->path() / "lib");
  if (const char* before = std::getenv("LD_LIBRARY_PATH"); before != nullptr && *before != '\0')
    folders.append(":").append(before);
  ::setenv("LD_LIBRARY_PATH", folders.c_str(), 1);
}

}  // namespace infer::launch
