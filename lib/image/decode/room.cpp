#include "image/decode/room.hpp"

#include <limits>

namespace infer::detail {

std::optional<std::string> make_room(std::uint64_t width, std::uint64_t height, std::uint64_t max_pixels,
                                     Pixels& pixels) {
  constexpr std::uint64_t kLongest = std::numeric_limits<int>::max();
  if (width == 0 || height == 0) return "it has no pixels: its width or height is 0";
  if (width > kLongest || height > kLongest || width * height > max_pixels) {
    return "it has " + std::to_string(width) + " x " + std::to_string(height) + " pixels, more than " +
           std::to_string(max_pixels) + ": raise --max-image-pixels or make it smaller";
  }
  pixels.size = {static_cast<int>(height), static_cast<int>(width)};
  pixels.values.resize(width * height * 3);
  return std::nullopt;
}

}  // namespace infer::detail
