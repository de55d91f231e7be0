// The gather's stream and staging memory, by way of a CudaApi table.
#pragma once

#include <cstddef>
#include <string_view>

#include "comm/nccl/nccl_api.hpp"

namespace infer {

/// Throws RunError: "cannot <attempt>: <CUDA's reason>".
void check_cuda(const CudaApi& api, cudaError_t code, std::string_view attempt);

/// A stream that does not wait for the default stream, so that a gather does not wait for the model.
class CudaStream {
 public:
  /// Makes `device` the calling thread's current device. `api` must outlive this.
  CudaStream(const CudaApi& api, int device);
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;
  ~CudaStream();

  cudaStream_t get() const { return stream_; }
  /// Leaves the stream to the operating system: to destroy it could wait for ever.
  void forget() { stream_ = nullptr; }

 private:
  const CudaApi& api_;
  cudaStream_t stream_ = nullptr;
};

/// Memory that grows in powers of two and never shrinks. Growing frees, which waits for the whole device: not
/// while a collective is under way.
class GrowingBuffer {
 public:
  enum class Kind { device, pinned_host };

  /// `api` must outlive this.
  GrowingBuffer(const CudaApi& api, Kind kind) : api_(api), kind_(kind) {}
  GrowingBuffer(const GrowingBuffer&) = delete;
  GrowingBuffer& operator=(const GrowingBuffer&) = delete;
  ~GrowingBuffer() { release(); }

  /// At least `bytes`; what was in it is lost when it grows.
  void reserve(std::size_t bytes);
  std::byte* data() const { return data_; }
  /// Leaves the memory to the operating system: to free it could wait for ever.
  void forget() { data_ = nullptr; }

 private:
  void release();

  const CudaApi& api_;
  const Kind kind_;
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace infer
