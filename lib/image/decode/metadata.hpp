// What a picture's file says beside its pixels, as far as it can turn the picture.
#pragma once

#include <string>

namespace infer::detail {

struct Metadata {
  std::string exif;  ///< a TIFF file, perhaps after "Exif\0\0"; empty without
  std::string xmp;   ///< XML; empty without
};

}  // namespace infer::detail
