// What is done to a picture before a model sees it: what a bundle states and the image room carries out.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace infer {

/// Whose arithmetic pictures are resized and cropped by: results differ in the last bits.
enum class ImageBackend : std::uint8_t { pil, torchvision };

/// As Pillow names them; torchvision has not box and hamming, and its nearest is "nearest-exact".
enum class ResizeFilter : std::uint8_t { nearest, box, bilinear, hamming, bicubic, lanczos };

struct ImageSize {
  int height = 0;
  int width = 0;

  bool operator==(const ImageSize&) const = default;
};

/// To this size, whatever the picture's shape.
struct ResizeStep {
  ImageSize size;
  ResizeFilter filter = ResizeFilter::bilinear;

  bool operator==(const ResizeStep&) const = default;
};

/// The shorter side to `size`, the longer one to int(size * longer / shorter).
struct ResizeShortestStep {
  int size = 0;
  ResizeFilter filter = ResizeFilter::bilinear;

  bool operator==(const ResizeShortestStep&) const = default;
};

/// The middle of the picture; what lies outside of it is black.
struct CenterCropStep {
  ImageSize size;

  bool operator==(const CenterCropStep&) const = default;
};

/// The square in the middle whose side is int(shorter side * part / whole).
struct CenterSquareStep {
  int part = 1;
  int whole = 1;

  bool operator==(const CenterSquareStep&) const = default;
};

using ImageStep = std::variant<ResizeStep, ResizeShortestStep, CenterCropStep, CenterSquareStep>;

/// From a picture of any size to one of `size`, in RGB, a byte per value.
struct ImageSpec {
  ImageBackend backend = ImageBackend::pil;
  bool orient = true;            ///< turned as its EXIF orientation says
  std::vector<ImageStep> steps;  ///< in order; the last one makes `size`
  ImageSize size;

  bool operator==(const ImageSpec&) const = default;
};

}  // namespace infer
