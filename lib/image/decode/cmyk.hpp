// From inks to light.
#pragma once

#include <cstddef>

namespace infer::detail {

/// `pixels` pixels of four bytes each, 255 where there is no ink, to three bytes each: Pillow's arithmetic.
/// Every CMYK JPEG is read so: Adobe's programs write them inverted.
void inverted_cmyk_to_rgb(const std::byte* inks, std::size_t pixels, std::byte* rgb);

}  // namespace infer::detail
