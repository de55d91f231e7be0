// From an image file's bytes to pixels: JPEG, PNG and WebP, the same values as Pillow's convert("RGB") gives.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "image/pixels.hpp"

namespace infer {

/// Fills `pixels`, which have the file's size, as they lie in the file; false: it does not take such a file.
/// Not the values that the processor gives.
using JpegDevice = std::function<bool(ByteView file, Pixels& pixels)>;

struct DecodeOptions {
  std::uint64_t max_pixels = 0;  ///< of the picture in the file; more are refused before they are decoded
  bool orient = true;            ///< turned as the file's EXIF orientation says, as Pillow's exif_transpose()
  JpegDevice
      device{};  ///< is given the JPEGs that the processor would take whatever their pixels; empty: none
};

/// Fills `pixels`, whose memory is used again, or says what is wrong with the file, for the row of its
/// record. Whatever the bytes are: no exception but bad_alloc, no unbounded work.
std::optional<std::string> decode_image(ByteView file, const DecodeOptions& options, Pixels& pixels);

}  // namespace infer
