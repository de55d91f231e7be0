#include <cstdio>
#include <cstring>
#include <mutex>

#include "cudart_state.hpp"
#include "first_use.hpp"
#include "settings.hpp"
#include "stream.hpp"

namespace simulated {

int& current_device() {
  static thread_local int device = 0;
  return device;
}

}  // namespace simulated

using namespace simulated;

namespace {

int device_count() { return static_cast<int>(settings().devices.size()); }
bool is_device(int device) { return device >= 0 && device < device_count(); }

void prepare_ops() {
  static std::mutex mutex;
  static bool done = first_use == nullptr;
  const std::lock_guard lock(mutex);
  done = done || first_use();
}

/// What only other allocators and features of LibTorch need of the driver.
int refuse_driver_call() { return cudaErrorNotSupported; }

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  prepare_ops();
  *count = device_count();
  return answer(*count == 0 ? cudaErrorNoDevice : cudaSuccess);
}

cudaError_t cudaGetDevice(int* device) {
  *device = current_device();
  return answer(cudaSuccess);
}

cudaError_t cudaSetDevice(int device) {
  if (!is_device(device)) return answer(cudaErrorInvalidDevice);
  current_device() = device;
  return answer(cudaSuccess);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (!is_device(device)) return answer(cudaErrorInvalidDevice);
  std::memset(properties, 0, sizeof *properties);
  std::strcpy(properties->name, "simulated");
  properties->major = 9;
  properties->totalGlobalMem = settings().device_bytes;
  properties->multiProcessorCount = 4;
  properties->warpSize = 32;
  properties->maxThreadsPerBlock = 1024;
  properties->maxThreadsPerMultiProcessor = 2048;
  properties->sharedMemPerBlock = 48 << 10;
  properties->regsPerBlock = 65536;
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  *value = attribute == cudaDevAttrComputeCapabilityMajor ? 9 : attribute == cudaDevAttrWarpSize ? 32 : 0;
  return answer(is_device(device) ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int device) {
  std::snprintf(text, static_cast<std::size_t>(length), "0000:%02x:00.0", device);
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
  *can = 0;
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -1;
  return answer(cudaSuccess);
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return answer(cudaSuccess);
}

cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

cudaError_t cudaGetDriverEntryPointByVersion(const char*, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* result) {
  *function = reinterpret_cast<void*>(&refuse_driver_call);
  if (result != nullptr) *result = cudaDriverEntryPointSuccess;
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceSynchronize() {
  wait_for_all_streams();
  return answer(cudaSuccess);
}

}  // extern "C"
