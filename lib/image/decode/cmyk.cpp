#include "image/decode/cmyk.hpp"

namespace infer::detail {

void inverted_cmyk_to_rgb(const std::byte* inks, std::size_t pixels, std::byte* rgb) {
  for (std::size_t i = 0; i < pixels; ++i, inks += 4, rgb += 3) {
    const auto light = std::to_integer<int>(inks[3]);  // 255 less the black
    for (int channel = 0; channel < 3; ++channel) {
      const int product = (255 - std::to_integer<int>(inks[channel])) * light + 128;
      rgb[channel] = static_cast<std::byte>(light - ((product + (product >> 8)) >> 8));  // rounded, by 255
    }
  }
}

}  // namespace infer::detail
