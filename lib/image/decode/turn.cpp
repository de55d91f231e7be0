#include "image/decode/turn.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace infer::detail {
namespace {

/// What a step right and a step down in the upright picture are in the file's, in bytes, from `first`.
struct Walk {
  std::ptrdiff_t first = 0;
  std::ptrdiff_t right = 0;
  std::ptrdiff_t down = 0;
};

Walk walk_of(const Pixels& pixels, int orientation) {
  const auto row = static_cast<std::ptrdiff_t>(pixels.row_bytes());
  const auto last_column = row - 3;
  const auto last_row = row * (pixels.size.height - 1);
  switch (orientation) {
    case 2: return {last_column, -3, row};
    case 3: return {last_row + last_column, -3, -row};
    case 4: return {last_row, 3, -row};
    case 5: return {0, row, 3};
    case 6: return {last_row, -row, 3};
    case 7: return {last_row + last_column, -row, -3};
    case 8: return {last_column, row, -3};
    default: return {0, 3, row};
  }
}

}  // namespace

void turn_upright(Pixels& pixels, int orientation) {
  if (orientation == 1 || pixels.values.empty()) return;
  const auto walk = walk_of(pixels, orientation);
  Pixels upright{pixels.size, RawBytes(pixels.values.size())};
  if (orientation >= 5) std::swap(upright.size.height, upright.size.width);
  // Tile by tile: a column of a large picture has each of its pixels in another page.
  constexpr int kTile = 32;
  for (int top = 0; top < upright.size.height; top += kTile) {
    const int bottom = std::min(top + kTile, upright.size.height);
    for (int left = 0; left < upright.size.width; left += kTile) {
      const int end = std::min(left + kTile, upright.size.width);
      for (int y = top; y < bottom; ++y) {
        auto* target = upright.values.data() + upright.row_bytes() * static_cast<std::size_t>(y) + left * 3;
        const auto* source = pixels.values.data() + walk.first + walk.down * y + walk.right * left;
        for (int x = left; x < end; ++x, target += 3, source += walk.right) std::memcpy(target, source, 3);
      }
    }
  }
  pixels = std::move(upright);
}

}  // namespace infer::detail
