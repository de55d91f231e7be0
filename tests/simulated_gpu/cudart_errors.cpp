#include <atomic>

#include "cudart_state.hpp"

namespace simulated {
namespace {

thread_local cudaError_t last_error = cudaSuccess;
std::atomic<cudaError_t> broken = cudaSuccess;

}  // namespace

cudaError_t answer(cudaError_t code) {
  if (code == cudaSuccess) code = broken;
  if (code != cudaSuccess) last_error = code;
  return code;
}

void break_device(cudaError_t code) { broken = code; }

bool is_broken() { return broken != cudaSuccess; }

}  // namespace simulated

using namespace simulated;

extern "C" {

cudaError_t cudaGetLastError() {
  const auto code = last_error;
  last_error = broken;
  return code;
}

cudaError_t cudaPeekAtLastError() { return last_error; }

const char* cudaGetErrorName(cudaError_t code) { return code == cudaSuccess ? "cudaSuccess" : "cudaError"; }

const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaSuccess: return "no error";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorAssert: return "device-side assert triggered";
    case cudaErrorNoKernelImageForDevice: return "no kernel image is available for execution on the device";
    case cudaErrorNotSupported: return "operation not supported by the simulated GPU";
    default: return "an error of the simulated GPU";
  }
}

}  // extern "C"
