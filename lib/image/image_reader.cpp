#include "image/image_reader.hpp"

#include <utility>

#include "image/decode.hpp"
#include "image/steps.hpp"

namespace infer {

class ImageReader::Work {
 public:
  Work(ImageSpec spec, std::uint64_t max_pixels, JpegDevice device)
      : options_{max_pixels, spec.orient, {}}, steps_(std::move(spec)) {
    if (!device) return;
    options_.device = [this, decode = std::move(device)](ByteView file, Pixels& pixels) {
      return was_on_device_ = decode(file, pixels);
    };
  }

  bool was_on_device() const { return was_on_device_; }

  std::optional<std::string> read(ByteView file, std::span<std::byte> target) {
    was_on_device_ = false;
    if (auto problem = decode_image(file, options_, pixels_)) return problem;
    return steps_.apply(pixels_, target);
  }

 private:
  DecodeOptions options_;
  ImageSteps steps_;
  Pixels pixels_;
  bool was_on_device_ = false;
};

ImageReader::ImageReader(ImageSpec spec, std::uint64_t max_pixels, JpegDevice device)
    : work_(std::make_unique<Work>(std::move(spec), max_pixels, std::move(device))) {}
ImageReader::~ImageReader() = default;

std::optional<std::string> ImageReader::read(ByteView file, std::span<std::byte> target) {
  return work_->read(file, target);
}

bool ImageReader::was_on_device() const { return work_->was_on_device(); }

}  // namespace infer
