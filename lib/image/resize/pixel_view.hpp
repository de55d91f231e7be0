// RGB pixels, a byte per value, that stand elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/image_spec.hpp"

namespace infer::detail {

struct PixelView {
  const std::uint8_t* first = nullptr;
  std::size_t stride = 0;
  ImageSize size{};
  const std::uint8_t* readable_end = nullptr;  ///< of the memory in which they stand

  const std::uint8_t* row(int index) const { return first + static_cast<std::size_t>(index) * stride; }
  PixelView part(int top, int left, ImageSize part_size) const {
    return {row(top) + static_cast<std::size_t>(left) * 3, stride, part_size, readable_end};
  }
};

/// Where pixels are written.
struct PixelTarget {
  std::uint8_t* first = nullptr;
  std::size_t stride = 0;

  std::uint8_t* row(int index) const { return first + static_cast<std::size_t>(index) * stride; }
};

}  // namespace infer::detail
