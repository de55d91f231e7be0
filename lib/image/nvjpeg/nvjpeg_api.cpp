#include "image/nvjpeg/nvjpeg_api.hpp"

#include <vector>

#include "base/loaded_library.hpp"
#include "base/text.hpp"

namespace infer::detail {
namespace {

constexpr const char* kRemedy =
    "; install it beside torch (nvJPEG with pip install nvidia-nvjpeg, for CUDA 12 nvidia-nvjpeg-cu12), "
    "name its folder in LD_LIBRARY_PATH, or leave --decode gpu away";

/// `name` without its version, of which the newest comes first.
LoadedLibrary load(const std::string& name) {
  return {{name + ".so.13", name + ".so.12"}, "--decode gpu: ", kRemedy};
}

}  // namespace

NvjpegApi load_nvjpeg() {
  const auto library = load("libnvjpeg");
  NvjpegApi api;
  library.resolve("nvjpegGetProperty", api.get_property);
  library.resolve("nvjpegCreateEx", api.create);
  library.resolve("nvjpegDestroy", api.destroy);
  library.resolve("nvjpegJpegStateCreate", api.state_create);
  library.resolve("nvjpegJpegStateDestroy", api.state_destroy);
  library.resolve("nvjpegGetImageInfo", api.get_image_info);
  library.resolve("nvjpegDecode", api.decode);
  return api;
}

CudaCalls load_cuda_runtime() {
  const auto library = load("libcudart");
  CudaCalls cuda;
  library.resolve("cudaSetDevice", cuda.set_device);
  library.resolve("cudaMalloc", cuda.allocate);
  library.resolve("cudaFree", cuda.release);
  library.resolve("cudaStreamCreateWithFlags", cuda.stream_create);
  library.resolve("cudaStreamDestroy", cuda.stream_destroy);
  library.resolve("cudaStreamSynchronize", cuda.stream_synchronize);
  library.resolve("cudaMemsetAsync", cuda.fill);
  library.resolve("cudaMemcpyAsync", cuda.copy);
  library.resolve("cudaGetErrorString", cuda.error_text);
  return cuda;
}

std::string version_of(const NvjpegApi& api) {
  std::vector<std::string> parts;
  for (const int property : {0, 1, 2}) {
    int number = 0;
    static_cast<void>(api.get_property(property, &number));
    parts.push_back(std::to_string(number));
  }
  return joined(parts, ".");
}

}  // namespace infer::detail
