// Kernels are registered as libraries load, and refused when launched: ops.cpp computes without.
#include <cstdio>

#include "cudart_state.hpp"

using namespace simulated;

namespace {

cudaError_t refuse_kernel() {
  std::fputs("simulated GPU: a kernel was launched, and it has none\n", stderr);
  return answer(cudaErrorNoKernelImageForDevice);
}

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void*) {
  static void* handle = nullptr;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*, dim3*, dim3*,
                            int*) {}
void __cudaRegisterVar(void**, char*, char*, const char*, int, std::size_t, int, int) {}

cudaError_t cudaLaunchKernel(const void*, dim3, dim3, void**, std::size_t, cudaStream_t) {
  return refuse_kernel();
}
cudaError_t __cudaLaunchKernel(cudaKernel_t, dim3, dim3, void**, std::size_t, cudaStream_t) {
  return refuse_kernel();
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t*, const void*, void**) { return refuse_kernel(); }

}  // extern "C"
