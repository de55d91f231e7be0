#include "worker/peak_memory.hpp"

#include "base/peak_memory_bytes.hpp"
#include "model/device_memory.hpp"

namespace infer {
namespace {

constexpr double kBetweenLooks = 0.05;  ///< seconds: a look takes some 20 us, a chunk may take less than 1 ms

}  // namespace

MemoryPeaks PeakMemory::look() {
  std::lock_guard lock(mutex_);
  if (since_look_ && since_look_->elapsed_s() < kBetweenLooks) return peaks_;
  peaks_ = {peak_memory_bytes(), has_gpu_ ? peak_device_bytes() : 0};
  since_look_.emplace();
  return peaks_;
}

}  // namespace infer
