// A decoded picture.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "record/image_spec.hpp"

namespace infer {

/// RGB, a byte per value: height × width × 3, row by row, without gaps.
struct Pixels {
  ImageSize size;
  RawBytes values{};

  std::size_t row_bytes() const { return static_cast<std::size_t>(size.width) * 3; }
};

}  // namespace infer
