// What crops leave of a picture, with nothing copied yet.
#pragma once

#include <cstdint>

#include "record/image_spec.hpp"

namespace infer::detail {

/// One side: `size` values, of which `count` are the picture's, from its value `from` on; they begin at `at`.
/// The others are black.
struct FrameSide {
  std::int64_t size = 0;
  std::int64_t from = 0;
  std::int64_t count = 0;
  std::int64_t at = 0;

  bool full() const { return count == size; }
};

/// All of it.
FrameSide whole_side(std::int64_t size);

/// The middle `size` values. One that is left over when cut is cut at the end. When black is added it comes
/// before the picture with `pil` and behind it with `torchvision`, as transformers' image processors do it.
FrameSide middle(const FrameSide& side, std::int64_t size, ImageBackend backend);

struct Frame {
  FrameSide height;
  FrameSide width;

  bool full() const { return height.full() && width.full(); }
  bool black() const { return height.count == 0 || width.count == 0; }
};

/// The picture's height and width after this step; `height` and `width` are those before it.
struct StepSize {
  std::int64_t height = 0;
  std::int64_t width = 0;

  bool operator==(const StepSize&) const = default;
};
StepSize size_after(const ImageStep& step, StepSize before);

}  // namespace infer::detail
