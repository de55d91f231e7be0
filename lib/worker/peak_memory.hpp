// The most memory that this process had: what it is told of itself, asked for seldom enough to cost nothing.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace infer {

struct MemoryPeaks {
  std::uint64_t host_bytes = 0;    ///< 0 where the kernel does not tell
  std::uint64_t device_bytes = 0;  ///< of all GPUs of the process
};

/// Thread-safe.
class PeakMemory {
 public:
  explicit PeakMemory(bool has_gpu) : has_gpu_(has_gpu) {}

  /// As of now, or of a moment ago.
  MemoryPeaks look();

 private:
  const bool has_gpu_;
  std::mutex mutex_;  // of the others
  std::optional<Stopwatch> since_look_;
  MemoryPeaks peaks_;
};

}  // namespace infer
