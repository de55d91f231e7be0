// Turns and mirrors a picture.
#pragma once

#include "image/pixels.hpp"

namespace infer::detail {

/// Brings a picture that lies as `orientation` says (EXIF's 1 ... 8) upright. Needs the memory of a second
/// picture.
void turn_upright(Pixels& pixels, int orientation);

}  // namespace infer::detail
