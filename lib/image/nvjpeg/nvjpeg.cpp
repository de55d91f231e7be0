#include "image/nvjpeg/nvjpeg.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "image/nvjpeg/nvjpeg_api.hpp"

namespace infer {
namespace {

using detail::CudaCalls;
using detail::NvjpegApi;

// As the public headers number them.
constexpr int kDefaultBackend = 0;
constexpr unsigned kStrictly = 1U << 2U;          ///< what no decoder need read is an error
constexpr unsigned kSmoothUpsampling = 1U << 5U;  ///< of colors, as libjpeg does it; from 12.1 on
constexpr int kRowsOfRgb = 5;
constexpr int kNoMemory = 5;
constexpr unsigned kOwnStream = 1;  ///< not in turn with the default one
constexpr int kDeviceToHost = 2;

/// The processor decodes larger ones: what threads take of the GPU's memory has a bound.
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 25U;

struct Release {
  int (*function)(void*) = nullptr;
  void operator()(void* what) const { static_cast<void>(function(what)); }
};
using Handle = std::unique_ptr<void, Release>;

}  // namespace

struct Nvjpeg::Library {
  NvjpegApi api;
  CudaCalls cuda;
  int device = 0;
  std::string version{};
  Handle handle{};
};

namespace {

std::string gpu_of(const Nvjpeg::Library& library) { return "cuda:" + std::to_string(library.device); }

/// One thread's.
class NvjpegThread {
 public:
  explicit NvjpegThread(std::shared_ptr<const Nvjpeg> nvjpeg)
      : nvjpeg_(std::move(nvjpeg)), library_(nvjpeg_->library()) {}

  bool decode(ByteView file, Pixels& pixels) {
    if (pixels.values.size() > kMostPixels * 3) return false;
    check(library_.cuda.set_device(library_.device));  // of the calling thread
    if (!has_size(file, pixels.size)) return false;
    prepare(pixels.values.size());
    // Of a damaged file it may leave rows out, where else the picture before it would show.
    check(library_.cuda.fill(memory_.get(), 0, pixels.values.size(), stream_.get()));
    const int status = decode_there(file, pixels.row_bytes());
    if (status == 0)
      check(library_.cuda.copy(pixels.values.data(), memory_.get(), pixels.values.size(), kDeviceToHost,
                               stream_.get()));
    check(library_.cuda.stream_synchronize(stream_.get()));  // a broken GPU refuses any file, and tells here
    if (status == kNoMemory) fail("it has no memory left");
    if (status != 0) state_.reset();  // no picture after it depends on that file
    return status == 0;
  }

 private:
  /// Into the memory; returns how nvJPEG answers, whose work may be under way.
  int decode_there(ByteView file, std::size_t row_bytes) {
    detail::NvjpegTarget target;
    target.planes[0] = static_cast<unsigned char*>(memory_.get());
    target.row_bytes[0] = row_bytes;
    return library_.api.decode(library_.handle.get(), state_.get(), bytes_of(file), file.size(), kRowsOfRgb,
                               &target, stream_.get());
  }

  static const unsigned char* bytes_of(ByteView file) {
    return reinterpret_cast<const unsigned char*>(file.data());
  }

  bool has_size(ByteView file, const ImageSize& size) const {
    int components = 0;
    int subsampling = 0;
    std::array<int, 4> widths{};
    std::array<int, 4> heights{};
    const int status = library_.api.get_image_info(library_.handle.get(), bytes_of(file), file.size(),
                                                   &components, &subsampling, widths.data(), heights.data());
    return status == 0 && widths[0] == size.width && heights[0] == size.height;
  }

  void prepare(std::size_t bytes) {
    void* made = nullptr;
    if (!stream_) {
      check(library_.cuda.stream_create(&made, kOwnStream));
      stream_ = Handle(made, {library_.cuda.stream_destroy});
    }
    if (!state_) {
      if (const int status = library_.api.state_create(library_.handle.get(), &made))
        fail("nvjpegJpegStateCreate answers " + std::to_string(status));
      state_ = Handle(made, {library_.api.state_destroy});
    }
    if (bytes > memory_bytes_) {
      memory_bytes_ = 0;
      memory_.reset();
      check(library_.cuda.allocate(&made, bytes));
      memory_ = Handle(made, {library_.cuda.release});
      memory_bytes_ = bytes;
    }
  }

  void check(int error) const {
    if (error != 0) fail(library_.cuda.error_text(error));
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw RunError("cannot decode pictures on " + gpu_of(library_) + " (--decode gpu): " + why +
                   "; look at it with nvidia-smi, free it of other work, or start anew with --decode cpu and "
                   "--overwrite");
  }

  std::shared_ptr<const Nvjpeg> nvjpeg_;
  const Nvjpeg::Library& library_;
  Handle stream_;
  Handle memory_;
  std::size_t memory_bytes_ = 0;
  Handle state_;
};

}  // namespace

Nvjpeg::Nvjpeg(int device) {
  Library library{detail::load_nvjpeg(), detail::load_cuda_runtime(), device};
  library.version = version_of(library.api);
  const auto attempt =
      "--decode gpu: cannot start nvJPEG " + library.version + " on " + gpu_of(library) + ": ";
  if (const int error = library.cuda.set_device(device))
    throw UsageError(attempt + library.cuda.error_text(error) +
                     "; look at the GPU, or leave --decode gpu away");
  void* handle = nullptr;
  if (const int status =
          library.api.create(kDefaultBackend, nullptr, nullptr, kStrictly | kSmoothUpsampling, &handle))
    throw UsageError(attempt + "nvjpegCreateEx answers " + std::to_string(status) +
                     "; install another nvJPEG (12.1 or newer), or leave --decode gpu away");
  library.handle = Handle(handle, {library.api.destroy});
  library_ = std::make_unique<const Library>(std::move(library));
}

Nvjpeg::~Nvjpeg() = default;

const std::string& Nvjpeg::version() const { return library_->version; }

JpegDevice make_jpeg_device(std::shared_ptr<const Nvjpeg> nvjpeg) {
  return [thread = std::make_shared<NvjpegThread>(std::move(nvjpeg))](ByteView file, Pixels& pixels) {
    return thread->decode(file, pixels);
  };
}

}  // namespace infer
