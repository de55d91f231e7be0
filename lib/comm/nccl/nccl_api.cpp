#include "comm/nccl/nccl_api.hpp"

#include <dlfcn.h>

#include "base/error.hpp"
#include "comm/versions.hpp"

namespace infer {
namespace {

constexpr const char* kRemedy =
    "; use --gather mpi, or repair the torch installation that this program was built with";

// Never closed: pointers into the library are kept until the process ends.
void* open_library(const std::string& name) {
  if (void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  const char* reason = dlerror();
  throw UsageError("cannot load " + name + ": " + (reason ? reason : "unknown reason") + kRemedy);
}

template <class Function>
void resolve(void* library, const char* name, Function& target) {
  target = reinterpret_cast<Function>(dlsym(library, name));
  if (!target) throw UsageError(std::string("cannot find ") + name + " in its library" + kRemedy);
}

int major_of(int code) { return code / 10000; }
int minor_of(int code) { return code / 100 % 100; }

}  // namespace

NcclApi load_nccl() {
  void* library = open_library("libnccl.so.2");
  NcclApi api;
  resolve(library, "ncclGetVersion", api.get_version);
  require_nccl_version(api);
  resolve(library, "ncclGetUniqueId", api.get_unique_id);
  resolve(library, "ncclCommInitRankConfig", api.comm_init_rank_config);
  resolve(library, "ncclCommGetAsyncError", api.comm_get_async_error);
  resolve(library, "ncclCommFinalize", api.comm_finalize);
  resolve(library, "ncclCommDestroy", api.comm_destroy);
  resolve(library, "ncclCommAbort", api.comm_abort);
  resolve(library, "ncclAllGather", api.all_gather);
  resolve(library, "ncclSend", api.send);
  resolve(library, "ncclRecv", api.recv);
  resolve(library, "ncclGroupStart", api.group_start);
  resolve(library, "ncclGroupEnd", api.group_end);
  resolve(library, "ncclGetErrorString", api.get_error_string);
  resolve(library, "ncclGetLastError", api.get_last_error);
  return api;
}

CudaApi load_cuda() {
  void* library = open_library("libcudart.so." + std::to_string(CUDART_VERSION / 1000));
  CudaApi api;
  resolve(library, "cudaGetDeviceCount", api.get_device_count);
  resolve(library, "cudaSetDevice", api.set_device);
  resolve(library, "cudaMalloc", api.malloc_device);
  resolve(library, "cudaFree", api.free_device);
  resolve(library, "cudaMallocHost", api.malloc_host);
  resolve(library, "cudaFreeHost", api.free_host);
  resolve(library, "cudaMemcpyAsync", api.memcpy_async);
  resolve(library, "cudaStreamCreateWithFlags", api.stream_create_with_flags);
  resolve(library, "cudaStreamDestroy", api.stream_destroy);
  resolve(library, "cudaStreamQuery", api.stream_query);
  resolve(library, "cudaGetLastError", api.get_last_error);
  resolve(library, "cudaGetErrorString", api.get_error_string);
  return api;
}

void require_nccl_version(const NcclApi& api) {
  int loaded = 0;
  if (api.get_version(&loaded) != ncclSuccess)
    throw UsageError(std::string("cannot ask NCCL for its version") + kRemedy);
  const bool fits = major_of(loaded) == NCCL_MAJOR && minor_of(loaded) >= NCCL_MINOR;
  if (fits) return;
  throw UsageError("the NCCL found at run time is " + nccl_version_text(loaded) +
                   ", but this program was built for " + nccl_version() +
                   " and needs at least its minor version" + kRemedy);
}

std::string nccl_version_text(int code) {
  return std::to_string(major_of(code)) + "." + std::to_string(minor_of(code)) + "." +
         std::to_string(code % 100);
}

std::string nccl_version() { return nccl_version_text(NCCL_VERSION_CODE); }

}  // namespace infer
