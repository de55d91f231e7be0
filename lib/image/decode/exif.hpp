// The orientation that a picture's metadata states.
#pragma once

#include "image/decode/metadata.hpp"

namespace infer::detail {

/// 1 ... 8, as EXIF counts; 1 where nothing is stated or what is stated cannot be read. By the rules of
/// Pillow's exif_transpose(): EXIF first, then XMP.
int orientation_of(const Metadata& metadata);

}  // namespace infer::detail
