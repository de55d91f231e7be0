#include "image/nvjpeg/nvjpeg_api.hpp"

#include <dlfcn.h>

#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer::detail {
namespace {

constexpr std::array kVersions{".so.13", ".so.12"};
constexpr const char* kRemedy =
    "; install it beside torch (nvJPEG with pip install nvidia-nvjpeg, for CUDA 12 nvidia-nvjpeg-cu12), name "
    "its "
    "folder in LD_LIBRARY_PATH, or leave --decode gpu away";

/// The one that the process has already, or the newest. Never closed: pointers into it are kept.
void* open_library(const std::string& name) {
  for (const int only_loaded : {RTLD_NOLOAD, 0}) {
    for (const char* version : kVersions) {
      if (void* library = ::dlopen((name + version).c_str(), RTLD_NOW | RTLD_LOCAL | only_loaded))
        return library;
    }
  }
  const char* reason = ::dlerror();
  throw UsageError("--decode gpu: cannot load " + name + kVersions.front() + " nor " + name +
                   kVersions.back() + ": " + (reason == nullptr ? "unknown reason" : reason) + kRemedy);
}

template <class Function>
void resolve(void* library, const char* name, Function& target) {
  target = reinterpret_cast<Function>(::dlsym(library, name));
  if (target == nullptr)
    throw UsageError("--decode gpu: cannot find " + std::string(name) + " in its library" + kRemedy);
}

}  // namespace

NvjpegApi load_nvjpeg() {
  void* library = open_library("libnvjpeg");
  NvjpegApi api;
  resolve(library, "nvjpegGetProperty", api.get_property);
  resolve(library, "nvjpegCreateEx", api.create);
  resolve(library, "nvjpegDestroy", api.destroy);
  resolve(library, "nvjpegJpegStateCreate", api.state_create);
  resolve(library, "nvjpegJpegStateDestroy", api.state_destroy);
  resolve(library, "nvjpegGetImageInfo", api.get_image_info);
  resolve(library, "nvjpegDecode", api.decode);
  return api;
}

CudaCalls load_cuda_runtime() {
  void* library = open_library("libcudart");
  CudaCalls cuda;
  resolve(library, "cudaSetDevice", cuda.set_device);
  resolve(library, "cudaMalloc", cuda.allocate);
  resolve(library, "cudaFree", cuda.release);
  resolve(library, "cudaStreamCreateWithFlags", cuda.stream_create);
  resolve(library, "cudaStreamDestroy", cuda.stream_destroy);
  resolve(library, "cudaStreamSynchronize", cuda.stream_synchronize);
  resolve(library, "cudaMemsetAsync", cuda.fill);
  resolve(library, "cudaMemcpyAsync", cuda.copy);
  resolve(library, "cudaGetErrorString", cuda.error_text);
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
