// libcuda.so.1 as far as infer itself asks it: which GPUs there are.
#include <unistd.h>

#include <cstring>

#include "settings.hpp"

using simulated::settings;

extern "C" {

int cuInit(unsigned) { return 0; }

int cuDriverGetVersion(int* version) {
  *version = 13020;
  return 0;
}

int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(settings().devices.size());
  return 0;
}

int cuDeviceGet(int* handle, int device) {
  *handle = device;
  return 0;
}

int cuDeviceGetUuid(unsigned char* uuid, int device) {
  std::memset(uuid, 0, 16);
  ::gethostname(reinterpret_cast<char*>(uuid), 15);
  uuid[15] = static_cast<unsigned char>(settings().devices.at(static_cast<std::size_t>(device)));
  return 0;
}

int cuDevicePrimaryCtxGetState(int, unsigned* flags, int* active) {
  *flags = 0;
  *active = 1;
  return 0;
}

}  // extern "C"
