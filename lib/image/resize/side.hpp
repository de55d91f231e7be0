// A side of a picture that is resized, and the weights in whole numbers of the neighbours of each of its
// values.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "image/resize/loops.hpp"
#include "record/image_spec.hpp"

namespace infer::detail {

/// `count` values from `first` on are wanted of `to`.
struct ResizedSide {
  int from = 0;
  int to = 0;
  int first = 0;
  int count = 0;
  ResizeFilter filter = ResizeFilter::bilinear;
  ImageBackend backend = ImageBackend::pil;

  bool operator==(const ResizedSide&) const = default;
};

enum class QuadPlaces : bool { anywhere, every_fourth };

/// Every value has the same number of neighbours, fours of them in turn; weights are 0 where it has fewer.
struct SideWeights {
  int origin = 0;                      ///< the first of the original values that are needed
  int needed = 0;                      ///< so many
  int quads = 0;                       ///< of neighbours, of each value
  int shift = 0;                       ///< weights are multiples of 2^-shift
  std::vector<std::int32_t> first{};   ///< of each value: its first neighbour, counted from the origin
  std::vector<QuadWeights> weights{};  ///< of each value, `quads` of them
};

/// Quads begin anywhere, or at every fourth value from the origin on.
SideWeights side_weights(const ResizedSide& side, QuadPlaces places, const ResizeLoops& loops);

/// The weights of the last few sides, because pictures of one size are many. Thread-compatible.
class SideWeightsCache {
 public:
  SideWeightsCache(QuadPlaces places, const ResizeLoops& loops) : places_(places), loops_(&loops) {}

  /// Valid until many other sides were asked for.
  const SideWeights& find(const ResizedSide& side);

 private:
  struct Entry {
    ResizedSide side;
    SideWeights weights;
  };

  QuadPlaces places_;
  const ResizeLoops* loops_;
  std::vector<std::unique_ptr<Entry>> entries_{};  ///< the last one used is the first
};

}  // namespace infer::detail
