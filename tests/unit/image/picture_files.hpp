// Small picture files, made here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace infer::test {

struct RawPicture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> values;  ///< RGB
};

/// Each value its own number, so that its place shows.
RawPicture numbered(int width, int height);

struct JpegKind {
  int progressive_scans = 0;  ///< 0: baseline; else so many of a grey picture: 64, or 127
  bool is_cmyk = false;       ///< inverted, as Adobe's; with black at none
  bool is_arithmetic = false;
};
/// Of quality 100.
std::string as_jpeg(const RawPicture& picture, const JpegKind& kind = {});

std::string png_chunk(std::string_view type, std::string_view content);
/// `before` and `behind` are chunks around the data.
std::string as_png(const RawPicture& picture, std::string_view before = {}, std::string_view behind = {});

std::string as_webp(const RawPicture& picture);

/// A directory that holds an orientation alone.
std::string exif(int orientation, bool big_endian = false);

}  // namespace infer::test
