// Resizing that takes over the nearest pixel as it is.
#pragma once

#include "image/resize/resizer.hpp"

namespace infer::detail {

void resize_nearest(const PixelView& source, const ResizeTask& task, const PixelTarget& target);

}  // namespace infer::detail
