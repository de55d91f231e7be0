#include "encoder/output_format.hpp"

#include <algorithm>
#include <array>

namespace infer {

extern const OutputFormat kJsonLines;
extern const OutputFormat kNumpyArray;

std::span<const OutputFormat* const> output_formats() {
  static constexpr std::array kFormats{&kJsonLines, &kNumpyArray};
  return kFormats;
}

const OutputFormat& output_format(std::string_view path) {
  const auto formats = output_formats();
  const auto found = std::ranges::find_if(
      formats.subspan(1), [path](const OutputFormat* format) { return path.ends_with(format->ending); });
  return found == formats.end() ? *formats.front() : **found;
}

}  // namespace infer
