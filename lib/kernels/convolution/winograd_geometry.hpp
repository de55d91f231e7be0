// Which pixels the tiles of a Winograd convolution are made of, and which they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/winograd_loops.hpp"

namespace infer::detail {

inline std::int64_t divided_up(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

/// Pictures of a batch, their channels last in memory.
template <class T>
struct Pictures {
  T* first;
  std::int64_t height, width, channels;

  /// The `side` x `side` pixels from (y, x) on, `outside` for those that the picture has not.
  template <std::size_t side>
  void find(std::int64_t picture, std::int64_t y, std::int64_t x, T* outside,
            std::array<T*, side * side>& pixels) const {
    for (std::size_t i = 0; i < side * side; ++i) {
      const auto row = y + static_cast<std::int64_t>(i / side);
      const auto column = x + static_cast<std::int64_t>(i % side);
      const bool is_inside = row >= 0 && row < height && column >= 0 && column < width;
      pixels[i] = is_inside ? first + ((picture * height + row) * width + column) * channels : outside;
    }
  }
};

/// Tiles are counted through the batch.
struct Geometry {
  std::int64_t batch, channels, outputs, in_height, in_width, above, before;

  explicit Geometry(const ConvolutionShape& shape)
      : batch(shape.input.size(0)),
        channels(shape.input.size(1)),
        outputs(shape.weight.size(0)),
        in_height(shape.input.size(2)),
        in_width(shape.input.size(3)),
        above(shape.padding[0]),
        before(shape.padding[1]) {}

  [[nodiscard]] std::int64_t height() const { return in_height + 2 * above - 2; }
  [[nodiscard]] std::int64_t width() const { return in_width + 2 * before - 2; }
  [[nodiscard]] std::int64_t tiles_down() const { return divided_up(height(), kTileSide); }
  [[nodiscard]] std::int64_t tiles_across() const { return divided_up(width(), kTileSide); }
  [[nodiscard]] std::int64_t picture_tiles() const { return tiles_down() * tiles_across(); }
  [[nodiscard]] std::int64_t tiles() const { return batch * picture_tiles(); }
};

/// The pixel at its top left, of the results.
struct Tile {
  std::int64_t picture, y, x;

  Tile(const Geometry& geometry, std::int64_t number)
      : picture(number / geometry.picture_tiles()),
        y(number % geometry.picture_tiles() / geometry.tiles_across() * static_cast<std::int64_t>(kTileSide)),
        x(number % geometry.tiles_across() * static_cast<std::int64_t>(kTileSide)) {}
};

}  // namespace infer::detail
