// The functions of NCCL and of the CUDA runtime that the gather calls, as tables that are filled at run time:
// a CPU run never loads these libraries, and a test can put its own functions in.
#pragma once

#include <nccl.h>

#include <cstddef>
#include <string>

namespace infer {

struct NcclApi {
  decltype(&ncclGetVersion) get_version = nullptr;
  decltype(&ncclGetUniqueId) get_unique_id = nullptr;
  decltype(&ncclCommInitRankConfig) comm_init_rank_config = nullptr;
  decltype(&ncclCommGetAsyncError) comm_get_async_error = nullptr;
  decltype(&ncclCommFinalize) comm_finalize = nullptr;
  decltype(&ncclCommDestroy) comm_destroy = nullptr;
  decltype(&ncclCommAbort) comm_abort = nullptr;
  decltype(&ncclAllGather) all_gather = nullptr;
  decltype(&ncclSend) send = nullptr;
  decltype(&ncclRecv) recv = nullptr;
  decltype(&ncclGroupStart) group_start = nullptr;
  decltype(&ncclGroupEnd) group_end = nullptr;
  decltype(&ncclGetErrorString) get_error_string = nullptr;
  decltype(&ncclGetLastError) get_last_error = nullptr;
};

/// The CUDA headers overload some of these for C++: their types are written out.
struct CudaApi {
  decltype(&cudaGetDeviceCount) get_device_count = nullptr;
  decltype(&cudaSetDevice) set_device = nullptr;
  cudaError_t (*malloc_device)(void**, std::size_t) = nullptr;
  cudaError_t (*free_device)(void*) = nullptr;
  cudaError_t (*malloc_host)(void**, std::size_t) = nullptr;
  cudaError_t (*free_host)(void*) = nullptr;
  cudaError_t (*memcpy_async)(void*, const void*, std::size_t, cudaMemcpyKind, cudaStream_t) = nullptr;
  decltype(&cudaStreamCreateWithFlags) stream_create_with_flags = nullptr;
  decltype(&cudaStreamDestroy) stream_destroy = nullptr;
  decltype(&cudaStreamQuery) stream_query = nullptr;
  decltype(&cudaGetLastError) get_last_error = nullptr;
  decltype(&cudaGetErrorString) get_error_string = nullptr;
};

/// Load the libraries (once loaded they stay) and resolve all functions. Throw UsageError when a library is
/// missing, or is older than the headers this program was built with.
NcclApi load_nccl();
CudaApi load_cuda();

/// Throws UsageError unless NCCL has the major version of the headers and at least their minor version.
void require_nccl_version(const NcclApi& api);

/// "2.30.7" from NCCL's version code.
std::string nccl_version_text(int code);

}  // namespace infer
