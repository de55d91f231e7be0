#include "comm/nccl/nccl_api.hpp"

#include <string>

#include "base/error.hpp"
#include "base/loaded_library.hpp"
#include "comm/versions.hpp"

namespace infer {
namespace {

constexpr const char* kRemedy =
    "; use --gather mpi, or repair the torch installation that this program was built with";

LoadedLibrary load(const std::string& name) { return {{name}, "", kRemedy}; }

int major_of(int code) { return code / 10000; }
int minor_of(int code) { return code / 100 % 100; }

}  // namespace

NcclApi load_nccl() {
  const auto library = load("libnccl.so.2");
  NcclApi api;
  library.resolve("ncclGetVersion", api.get_version);
  require_nccl_version(api);
  library.resolve("ncclGetUniqueId", api.get_unique_id);
  library.resolve("ncclCommInitRankConfig", api.comm_init_rank_config);
  library.resolve("ncclCommGetAsyncError", api.comm_get_async_error);
  library.resolve("ncclCommFinalize", api.comm_finalize);
  library.resolve("ncclCommDestroy", api.comm_destroy);
  library.resolve("ncclCommAbort", api.comm_abort);
  library.resolve("ncclAllGather", api.all_gather);
  library.resolve("ncclSend", api.send);
  library.resolve("ncclRecv", api.recv);
  library.resolve("ncclGroupStart", api.group_start);
  library.resolve("ncclGroupEnd", api.group_end);
  library.resolve("ncclGetErrorString", api.get_error_string);
  library.resolve("ncclGetLastError", api.get_last_error);
  return api;
}

CudaApi load_cuda() {
  const auto library = load("libcudart.so." + std::to_string(CUDART_VERSION / 1000));
  CudaApi api;
  library.resolve("cudaGetDeviceCount", api.get_device_count);
  library.resolve("cudaSetDevice", api.set_device);
  library.resolve("cudaMalloc", api.malloc_device);
  library.resolve("cudaFree", api.free_device);
  library.resolve("cudaMallocHost", api.malloc_host);
  library.resolve("cudaFreeHost", api.free_host);
  library.resolve("cudaMemcpyAsync", api.memcpy_async);
  library.resolve("cudaStreamCreateWithFlags", api.stream_create_with_flags);
  library.resolve("cudaStreamDestroy", api.stream_destroy);
  library.resolve("cudaStreamQuery", api.stream_query);
  library.resolve("cudaGetLastError", api.get_last_error);
  library.resolve("cudaGetErrorString", api.get_error_string);
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
