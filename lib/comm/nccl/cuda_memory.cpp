#include "comm/nccl/cuda_memory.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::size_t kSmallestBuffer = std::size_t{64} << 10;

}  // namespace

void check_cuda(const CudaApi& api, cudaError_t code, std::string_view attempt) {
  if (code == cudaSuccess) return;
  throw RunError("cannot " + std::string(attempt) + ": " + api.get_error_string(code));
}

CudaStream::CudaStream(const CudaApi& api, int device) : api_(api) {
  check_cuda(api_, api_.set_device(device), "use CUDA device " + std::to_string(device));
  check_cuda(api_, api_.stream_create_with_flags(&stream_, cudaStreamNonBlocking),
             "create the stream of the gather");
}

CudaStream::~CudaStream() {
  if (stream_ != nullptr) api_.stream_destroy(stream_);
}

void GrowingBuffer::reserve(std::size_t bytes) {
  if (bytes <= capacity_) return;
  release();
  const std::size_t capacity = std::bit_ceil(std::max(bytes, kSmallestBuffer));
  const auto allocate = kind_ == Kind::device ? api_.malloc_device : api_.malloc_host;
  void* memory = nullptr;
  check_cuda(api_, allocate(&memory, capacity),
             "allocate " + std::to_string(capacity) + " bytes of " +
                 (kind_ == Kind::device ? "GPU memory" : "pinned host memory") + " for the gather over NCCL");
  data_ = static_cast<std::byte*>(memory);
  capacity_ = capacity;
}

void GrowingBuffer::release() {
  capacity_ = 0;
  if (data_ == nullptr) return;
  const auto free_memory = kind_ == Kind::device ? api_.free_device : api_.free_host;
  free_memory(std::exchange(data_, nullptr));
}

}  // namespace infer
