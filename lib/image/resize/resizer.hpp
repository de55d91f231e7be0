// Resizes a picture, or only the part of the resized picture that is wanted.
#pragma once

#include <vector>

#include "image/resize/pixel_view.hpp"
#include "image/resize/side.hpp"

namespace infer::detail {

/// The wanted values of both sides, resized alike.
struct ResizeTask {
  ResizedSide height;
  ResizedSide width;
};

/// Thread-compatible: keeps weights and rows from picture to picture.
class Resizer {
 public:
  explicit Resizer(const ResizeLoops& loops = *resize_loops().front());

  /// Writes height.count rows of width.count pixels, which do not overlap the source.
  void resize(const PixelView& source, const ResizeTask& task, const PixelTarget& target);

 private:
  void filter(const PixelView& source, const ResizeTask& task, const PixelTarget& target);
  void down_then_across(const PixelView& source, const SideWeights& height, const SideWeights& width,
                        const PixelTarget& target);
  void across_then_down(const PixelView& source, const SideWeights& height, const SideWeights& width,
                        const PixelTarget& target);
  /// Of four rows from `row` on, resized across, the bytes as AcrossTask leaves them.
  void resize_across(const PixelView& source, int row, const SideWeights& width, std::uint8_t* quad);
  AcrossTask readable_rows(const PixelView& source, int row, std::size_t row_bytes);

  const ResizeLoops* loops_;
  SideWeightsCache heights_;
  SideWeightsCache widths_;
  std::vector<std::int32_t> first_bytes_{};
  std::vector<std::uint8_t> shortened_{};  ///< a picture that was resized down only
  std::vector<std::uint8_t> last_rows_{};  ///< a copy of rows that cannot be read past their end
  std::vector<std::uint8_t> across_{};     ///< quads of rows, resized across: a ring of them
  std::vector<const std::uint8_t*> quads_{};
  std::vector<std::uint8_t> row_{};
};

}  // namespace infer::detail
