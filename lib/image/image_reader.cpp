#include "image/image_reader.hpp"

#include <utility>

#include "image/decode.hpp"
#include "image/steps.hpp"

namespace infer {

class ImageReader::Work {
 public:
  Work(ImageSpec spec, std::uint64_t max_pixels)
      : options_{max_pixels, spec.orient}, steps_(std::move(spec)) {}

  std::optional<std::string> read(ByteView file, std::span<std::byte> target) {
    if (auto problem = decode_image(file, options_, pixels_)) return problem;
    return steps_.apply(pixels_, target);
  }

 private:
  DecodeOptions options_;
  ImageSteps steps_;
  Pixels pixels_;
};

ImageReader::ImageReader(ImageSpec spec, std::uint64_t max_pixels)
    : work_(std::make_unique<Work>(std::move(spec), max_pixels)) {}
ImageReader::~ImageReader() = default;

std::optional<std::string> ImageReader::read(ByteView file, std::span<std::byte> target) {
  return work_->read(file, target);
}

}  // namespace infer
