// The chunks of a PNG, read as Pillow reads them: what stands before the picture must be whole, what is
// behind may be damaged, but not cut off.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "image/decode/png_text.hpp"

namespace infer::detail {

enum class PngColor : std::uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6 };

struct PngChunks {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  unsigned depth = 0;
  PngColor color = PngColor::grey;
  bool is_interlaced = false;
  std::array<std::byte, 256 * 3> palette{};  ///< black where the file has none
  std::vector<ByteView> data;                ///< of the picture, packed, as far as it is there
  bool is_data_cut_off = false;              ///< within the last of these
  PngTexts texts;

  std::size_t bytes_per_pixel_at_8() const {
    switch (color) {
      case PngColor::rgb: return 3;
      case PngColor::grey_alpha: return 2;
      case PngColor::rgb_alpha: return 4;
      default: return 1;
    }
  }
  std::size_t raw_row_bytes() const { return (width * bytes_per_pixel_at_8() * depth + 7) / 8; }
};

/// Fills `chunks`, or says what is wrong.
std::optional<std::string> read_png_chunks(ByteView file, PngChunks& chunks);

}  // namespace infer::detail
