// Pictures for tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "image/pixels.hpp"

namespace infer {

/// Red is as given, row by row; green is 1 more, blue 2 more.
inline Pixels picture_of(ImageSize size, const std::vector<int>& reds) {
  Pixels pixels{size, {}};
  for (const int red : reds) {
    for (int color = 0; color < 3; ++color) pixels.values.push_back(static_cast<std::byte>(red + color));
  }
  return pixels;
}

inline Pixels random_picture(ImageSize size, std::mt19937& chance) {
  Pixels pixels{size, {}};
  pixels.values.resize(static_cast<std::size_t>(size.height) * pixels.row_bytes());
  for (std::byte& value : pixels.values) value = static_cast<std::byte>(chance());
  return pixels;
}

inline std::vector<int> reds_of(const std::vector<std::byte>& values) {
  std::vector<int> reds;
  for (std::size_t place = 0; place < values.size(); place += 3)
    reds.push_back(static_cast<int>(values[place]));
  return reds;
}

}  // namespace infer
