#include "image/decode/png_rows.hpp"

#include <cstring>

namespace infer::detail {
namespace {

/// Of each `kStride` bytes the first one, and those `kStep` and 2 * `kStep` behind it.
template <std::size_t kStride, std::size_t kStep>
void pick(const std::byte* raw, std::size_t width, std::byte* rgb) {
  for (std::size_t x = 0; x < width; ++x, raw += kStride, rgb += 3) {
    rgb[0] = raw[0];
    rgb[1] = raw[kStep];
    rgb[2] = raw[2 * kStep];
  }
}

void cut_off(const std::byte* raw, std::size_t width, std::byte* rgb) {
  for (std::size_t x = 0; x < width; ++x, raw += 2, rgb += 3) {
    rgb[0] = rgb[1] = rgb[2] = raw[0] == std::byte{0} ? raw[1] : std::byte{255};
  }
}

}  // namespace

PngRows::PngRows(const PngChunks& chunks)
    : width_(chunks.width), depth_(chunks.depth), color_(chunks.color), colors_(chunks.palette) {
  if (color_ != PngColor::grey || depth_ > 8) return;
  const unsigned most = (1U << depth_) - 1;
  for (unsigned value = 0; value <= most; ++value) {
    for (unsigned i = 0; i < 3; ++i) colors_[3 * value + i] = static_cast<std::byte>(value * 255 / most);
  }
}

void PngRows::convert(const std::byte* raw, std::byte* rgb) const {
  const bool is_deep = depth_ == 16;
  switch (color_) {
    case PngColor::rgb: return is_deep ? pick<6, 2>(raw, width_, rgb) : pick<3, 1>(raw, width_, rgb);
    case PngColor::rgb_alpha: return is_deep ? pick<8, 2>(raw, width_, rgb) : pick<4, 1>(raw, width_, rgb);
    case PngColor::grey_alpha: return is_deep ? pick<4, 0>(raw, width_, rgb) : pick<2, 0>(raw, width_, rgb);
    case PngColor::palette: return look_up(raw, rgb);
    case PngColor::grey: return is_deep ? cut_off(raw, width_, rgb) : look_up(raw, rgb);
  }
}

void PngRows::look_up(const std::byte* raw, std::byte* rgb) const {
  const auto most = static_cast<std::byte>((1U << depth_) - 1);
  const auto per_byte = 8 / depth_;
  for (std::size_t x = 0; x < width_; ++raw) {
    for (unsigned part = 1; part <= per_byte && x < width_; ++part, ++x, rgb += 3) {
      const auto value = std::to_integer<std::size_t>(*raw >> (8 - part * depth_) & most);
      std::memcpy(rgb, colors_.data() + 3 * value, 3);
    }
  }
}

}  // namespace infer::detail
