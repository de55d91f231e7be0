#include "record/input_format.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace infer {
namespace {

constexpr std::array<std::string_view, 3> kPackedEndings{".gz", ".zst", ".zstd"};
constexpr std::string_view kPackedTar = ".tgz";

constexpr bool stand_at_their_places() {
  for (std::size_t i = 0; i < kInputFormats.size(); ++i) {
    if (kInputFormats.at(i).format != static_cast<InputFormat>(i)) return false;
  }
  return true;
}
static_assert(stand_at_their_places());

}  // namespace

InputFormat format_by_name(std::string_view path) {
  std::string name(path);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with(kPackedTar)) return InputFormat::tar;
  for (const auto ending : kPackedEndings) {
    if (!name.ends_with(ending)) continue;
    name.resize(name.size() - ending.size());
    break;
  }
  const auto* const found = std::ranges::find_if(kInputFormats, [&](const InputFormatTraits& each) {
    return !each.ending.empty() && name.ends_with(each.ending);
  });
  return found == kInputFormats.end() ? InputFormat::jsonl : found->format;
}

}  // namespace infer
