#include <atomic>
#include <cstring>
#include <fstream>
#include <string>

#include "cudart_state.hpp"
#include "memory.hpp"
#include "settings.hpp"
#include "stream.hpp"

using namespace simulated;

namespace {

std::atomic<long> copies = 0;

bool pageable(const void* address) { return !device_of(address) && !pinned_memory().owns(address); }

void copy_now(void* to, const void* from, std::size_t bytes) {
  if (++copies == settings().last_copy) break_device(cudaErrorAssert);
  if (is_broken()) return;
  auto* const target = reach(to, bytes);
  const auto* const source = reach(from, bytes);
  if (target == nullptr || source == nullptr) return break_device(cudaErrorIllegalAddress);
  std::memmove(target, source, bytes);
}

/// As CUDA: ordinary host memory makes the copy wait, page-locked does not.
cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaStream_t stream, bool wait) {
  stream_of(stream).enqueue([=] { copy_now(to, from, bytes); });
  if (wait || pageable(to) || pageable(from)) stream_of(stream).mark()->wait();
  return answer(cudaSuccess);
}

cudaError_t fill(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  stream_of(stream).enqueue([=] {
    auto* const target = reach(to, bytes);
    if (target == nullptr) return break_device(cudaErrorIllegalAddress);
    std::memset(target, value, bytes);
  });
  return answer(cudaSuccess);
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  *memory = device_memory(current_device()).allocate(bytes);
  return answer(*memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess);
}

cudaError_t cudaFree(void* memory) {
  wait_for_all_streams();
  if (memory == nullptr) return answer(cudaSuccess);
  const auto device = device_of(memory);
  const bool known = device && device_memory(*device).release(memory);
  return answer(known ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  *memory = pinned_memory().allocate(bytes);
  if (!settings().pinned_log.empty())
    std::ofstream(settings().pinned_log, std::ios::app) << std::to_string(bytes) + '\n';
  return answer(*memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess);
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) { return cudaHostAlloc(memory, bytes, 0); }

cudaError_t cudaFreeHost(void* memory) {
  wait_for_all_streams();
  return answer(memory == nullptr || pinned_memory().release(memory) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = device_memory(current_device()).free_bytes();
  *total = settings().device_bytes;
  return answer(cudaSuccess);
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* memory) {
  *attributes = {};
  const auto device = device_of(memory);
  const bool pinned = pinned_memory().owns(memory);
  attributes->type = device ? cudaMemoryTypeDevice : pinned ? cudaMemoryTypeHost : cudaMemoryTypeUnregistered;
  attributes->device = device.value_or(current_device());
  if (device) attributes->devicePointer = const_cast<void*>(memory);
  if (!device) attributes->hostPointer = const_cast<void*>(memory);
  return answer(cudaSuccess);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  return copy(to, from, bytes, stream, false);
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
  return copy(to, from, bytes, nullptr, true);
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  return fill(to, value, bytes, stream);
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) { return fill(to, value, bytes, nullptr); }

}  // extern "C"
