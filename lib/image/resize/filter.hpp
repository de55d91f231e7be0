// The curves that say how much a neighbour counts by its distance.
#pragma once

#include "record/image_spec.hpp"

namespace infer::detail {

/// Distances are in pixels of the resized side, or of the original one where that has fewer.
struct FilterCurve {
  double reach;  ///< neighbours farther away do not count
  double (*at)(double distance);
};

/// Not of `nearest`.
FilterCurve filter_curve(ResizeFilter filter);

}  // namespace infer::detail
