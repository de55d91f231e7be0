// From an image file's bytes to a model's input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "image/decode.hpp"
#include "record/image_spec.hpp"

namespace infer {

/// Thread-compatible: one per thread, because it keeps buffers and tables of weights from picture to picture.
class ImageReader {
 public:
  /// `max_pixels`: of a picture in its file; more are refused. `device`: as DecodeOptions has it.
  ImageReader(ImageSpec spec, std::uint64_t max_pixels, JpegDevice device = {});
  ImageReader(const ImageReader&) = delete;
  ImageReader& operator=(const ImageReader&) = delete;
  ~ImageReader();

  /// Fills `target` with spec.size's height × width × 3 values, or says why the file gives no picture, for
  /// the row of its record. The same bytes on any processor.
  std::optional<std::string> read(ByteView file, std::span<std::byte> target);
  /// The last one that was read.
  bool was_on_device() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace infer
