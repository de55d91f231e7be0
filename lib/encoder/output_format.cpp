#include "encoder/output_format.hpp"

#include <algorithm>
#include <array>

namespace infer {

extern const OutputFormat kJsonLines;
extern const OutputFormat kNumpyArray;

std::span<const OutputFormat* const> other_formats() {
  static constexpr std::array kOthers{&kNumpyArray};
  return kOthers;
}

const OutputFormat& output_format(std::string_view path) {
  const auto others = other_formats();
  const auto found = std::ranges::find_if(
      others, [path](const OutputFormat* format) { return path.ends_with(format->ending); });
  return found == others.end() ? kJsonLines : **found;
}

}  // namespace infer
