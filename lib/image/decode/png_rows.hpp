// From the values of a PNG's rows to RGB.
#pragma once

#include "image/decode/png_chunks.hpp"

namespace infer::detail {

/// Makes RGB of raw rows as Pillow's convert("RGB") does: alpha is left out, of 16 bits the upper eight are
/// kept, but grey is cut off at 255. Thread-compatible.
class PngRows {
 public:
  explicit PngRows(const PngChunks& chunks);

  /// A raw row is RGB already.
  bool is_rgb() const { return color_ == PngColor::rgb && depth_ == 8; }
  void convert(const std::byte* raw, std::byte* rgb) const;

 private:
  void look_up(const std::byte* raw, std::byte* rgb) const;

  std::size_t width_;
  unsigned depth_;
  PngColor color_;
  std::array<std::byte, 256 * 3> colors_{};  ///< of each value, for grey and palette
};

}  // namespace infer::detail
