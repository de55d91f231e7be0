#include "model_file/zip/zip_names.hpp"

#include <algorithm>

namespace infer::detail {
namespace {

constexpr std::size_t kMostNameBytes =
    511;  // LibTorch's reader cuts longer ones, and may take one for another
constexpr std::size_t kShownBytes = 100;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }

}  // namespace

std::optional<std::string> name_problem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMostNameBytes) return "is longer than " + std::to_string(kMostNameBytes) + " bytes";
  if (std::ranges::any_of(name, is_control)) return "has a control character";
  if (name.find('\\') != std::string_view::npos) return "has a backslash";
  if (name.starts_with('/')) return "is absolute";
  if (name.ends_with('/')) name.remove_suffix(1);  // a folder
  for (;;) {
    const auto slash = name.find('/');
    const auto part = name.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return "has a part \"" + std::string(part) + "\"";
    if (slash == std::string_view::npos) return std::nullopt;
    name.remove_prefix(slash + 1);
  }
}

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name.substr(0, kShownBytes)) text += is_control(c) ? '?' : c;
  return text + (name.size() > kShownBytes ? "...\"" : "\"");
}

}  // namespace infer::detail
