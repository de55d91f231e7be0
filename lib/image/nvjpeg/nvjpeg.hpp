// JPEG files decoded on a GPU by NVIDIA's nvJPEG, which is loaded when it is asked for. No header of CUDA's
// is needed.
#pragma once

#include <memory>
#include <string>

#include "image/decode.hpp"

namespace infer {

/// The library, ready on one GPU. Thread-safe.
class Nvjpeg {
 public:
  /// `device`: as CUDA counts them. Throws UsageError.
  explicit Nvjpeg(int device);
  Nvjpeg(const Nvjpeg&) = delete;
  Nvjpeg& operator=(const Nvjpeg&) = delete;
  ~Nvjpeg();

  /// "13.3.2"
  const std::string& version() const;

  struct Library;
  const Library& library() const { return *library_; }

 private:
  std::unique_ptr<const Library> library_;
};

/// For one thread: it keeps a stream and memory from picture to picture, of which it takes none before the
/// first. Keeps `nvjpeg`. What it takes is a function of the file; it throws RunError where the GPU fails.
JpegDevice make_jpeg_device(std::shared_ptr<const Nvjpeg> nvjpeg);

}  // namespace infer
