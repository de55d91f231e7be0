#include "model/memory/tensor_memory.hpp"

#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>

#include "model/memory/kept_memory.hpp"

namespace infer::detail {
namespace {

/// Smaller ones are the C library's heap's, which keeps them itself.
constexpr std::size_t kLarge = 1 << 20;

void free_tensor(void* data);

class TensorAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    try {
      return try_to_allocate(bytes);
    } catch (const std::exception&) {
      large_.release();
    }
    try {
      return try_to_allocate(bytes);
    } catch (const std::exception&) {
      ++failures_;
      throw;
    }
  }

  c10::DeleterFnPtr raw_deleter() const override { return &free_tensor; }

  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

  void free(void* data) {
    if (!large_.give_back(data)) small_.raw_deleter()(data);
  }

  bool gave(const c10::DataPtr& memory) const {
    return memory.get_deleter() == &free_tensor || memory.get_deleter() == small_.raw_deleter();
  }

  void release() { large_.release(); }

  std::int64_t failures() const { return failures_; }

 private:
  c10::DataPtr try_to_allocate(std::size_t bytes) {
    if (bytes < kLarge) return small_.allocate(bytes);
    void* const data = large_.take(bytes);
    return {data, data, &free_tensor, c10::kCPU};
  }

  c10::Allocator& small_ = *c10::GetDefaultCPUAllocator();
  KeptMemory large_{small_};
  std::atomic<std::int64_t> failures_ = 0;
};

/// Never destroyed: LibTorch's own statics may hold tensors.
TensorAllocator& tensor_allocator() {
  static TensorAllocator* const lasting = std::make_unique<TensorAllocator>().release();
  return *lasting;
}

/// LibTorch wants a plain function.
void free_tensor(void* data) { tensor_allocator().free(data); }

}  // namespace

void keep_large_tensors() {
  constexpr std::uint8_t kAboveAll = 255;
  c10::SetCPUAllocator(&tensor_allocator(), kAboveAll);
}

void release_kept_tensors() { tensor_allocator().release(); }

bool is_tensor_memory(const c10::DataPtr& memory) { return tensor_allocator().gave(memory); }

std::int64_t failed_tensor_allocations() { return tensor_allocator().failures(); }

}  // namespace infer::detail
