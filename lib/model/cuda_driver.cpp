#include "model/cuda_driver.hpp"

#include <dlfcn.h>

#include <array>

namespace infer::detail {

void CudaDriver::Unload::operator()(void* library) const { ::dlclose(library); }

template <class Function>
Function* CudaDriver::symbol(const char* name) const {
  return library_ ? reinterpret_cast<Function*>(::dlsym(library_.get(), name)) : nullptr;
}

CudaDriver::CudaDriver()
    // Kept for good: the driver does not survive being unloaded after cuInit.
    : library_(::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
  auto* const init = symbol<int(unsigned)>("cuInit");
  auto* const count = symbol<int(int*)>("cuDeviceGetCount");
  if (init == nullptr || count == nullptr) {
    problem_ = "there is no NVIDIA driver here (libcuda.so.1)";
    return;
  }
  int status = init(0);
  if (status == 0) status = count(&devices_);
  if (status != 0) {
    devices_ = 0;
    problem_ = "the NVIDIA driver answers with error " + std::to_string(status);
  } else if (devices_ == 0) {
    problem_ = "the NVIDIA driver shows no device (CUDA_VISIBLE_DEVICES?)";
  }
}

std::string CudaDriver::device_id(int device) const {
  auto* const get = symbol<int(int*, int)>("cuDeviceGet");
  auto* const get_uuid = symbol<int(unsigned char*, int)>("cuDeviceGetUuid");
  std::array<unsigned char, 16> uuid{};
  int handle = 0;
  if (get == nullptr || get_uuid == nullptr || get(&handle, device) != 0 ||
      get_uuid(uuid.data(), handle) != 0)
    return {};
  constexpr const char* kHex = "0123456789abcdef";
  std::string id = "GPU-";
  for (const auto byte : uuid) {
    id += kHex[byte >> 4U];
    id += kHex[byte & 0xFU];
  }
  return id;
}

std::string CudaDriver::version() const {
  auto* const get = symbol<int(int*)>("cuDriverGetVersion");
  int number = 0;
  if (get == nullptr || get(&number) != 0) return {};
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

}  // namespace infer::detail
