// What is called of nvJPEG and of the CUDA runtime, as tables that are filled at run time: both are there or
// not.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace infer::detail {

/// As nvJPEG takes it: where to write, for up to four planes.
struct NvjpegTarget {
  std::array<unsigned char*, 4> planes{};
  std::array<std::size_t, 4> row_bytes{};
};

/// Enumerations are ints, handles are pointers; 0 is success.
struct NvjpegApi {
  int (*get_property)(int property, int* value) = nullptr;
  int (*create)(int backend, void* device_memory, void* host_memory, unsigned flags, void** handle) = nullptr;
  int (*destroy)(void* handle) = nullptr;
  int (*state_create)(void* handle, void** state) = nullptr;
  int (*state_destroy)(void* state) = nullptr;
  int (*get_image_info)(void* handle, const unsigned char* file, std::size_t bytes, int* components,
                        int* subsampling, int* widths, int* heights) = nullptr;
  int (*decode)(void* handle, void* state, const unsigned char* file, std::size_t bytes, int format,
                NvjpegTarget* target, void* stream) = nullptr;
};

/// Likewise.
struct CudaCalls {
  int (*set_device)(int device) = nullptr;
  int (*allocate)(void** memory, std::size_t bytes) = nullptr;
  int (*release)(void* memory) = nullptr;
  int (*stream_create)(void** stream, unsigned flags) = nullptr;
  int (*stream_destroy)(void* stream) = nullptr;
  int (*stream_synchronize)(void* stream) = nullptr;
  int (*fill)(void* to, int value, std::size_t bytes, void* stream) = nullptr;
  int (*copy)(void* to, const void* from, std::size_t bytes, int kind, void* stream) = nullptr;
  const char* (*error_text)(int error) = nullptr;
};

/// Load the libraries; once loaded they stay. Throw UsageError where one is missing.
NvjpegApi load_nvjpeg();
CudaCalls load_cuda_runtime();

/// "13.3.2"
std::string version_of(const NvjpegApi& api);

}  // namespace infer::detail
