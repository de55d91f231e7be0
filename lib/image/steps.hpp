// What is done to pixels before a model sees them: resizing and cropping, bit for bit as Pillow or
// torchvision do.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "image/pixels.hpp"
#include "record/image_spec.hpp"

namespace infer {

/// Thread-compatible: one per thread, because it keeps buffers and tables of weights from picture to picture.
class ImageSteps {
 public:
  explicit ImageSteps(ImageSpec spec);
  ImageSteps(const ImageSteps&) = delete;
  ImageSteps& operator=(const ImageSteps&) = delete;
  ~ImageSteps();

  /// Fills `target` with spec.size's height × width × 3 values, or says why that cannot be of such a picture.
  std::optional<std::string> apply(const Pixels& pixels, std::span<std::byte> target);

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace infer
