// The memory of simulated GPUs. A device address is a real one that the processor must not touch: who reads
// or writes there from the host is ended by a segmentation fault, as with a real GPU.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>

namespace simulated {

/// Thread-safe.
class DeviceMemory {
 public:
  explicit DeviceMemory(std::size_t bytes);
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Null when no gap is large enough. What it holds is garbage.
  void* allocate(std::size_t bytes);
  /// False for what allocate() did not give.
  bool release(void* address);
  std::size_t free_bytes() const;
  std::size_t capacity() const { return capacity_; }

  /// Where the device itself finds its `address`; null when it is not this device's, or not allocated to the
  /// end.
  std::byte* inside(const void* address, std::size_t bytes) const;
  bool owns(const void* address) const;

 private:
  void give_back(std::size_t begin, std::size_t end);

  mutable std::mutex mutex_;
  std::size_t capacity_;
  std::byte* addresses_;  ///< not readable
  std::byte* contents_;
  std::map<std::size_t, std::size_t> blocks_;  ///< offset → bytes
};

/// Page-locked host memory, from which copies are asynchronous. Thread-safe.
class PinnedMemory {
 public:
  void* allocate(std::size_t bytes);
  bool release(void* address);
  bool owns(const void* address) const;

 private:
  mutable std::mutex mutex_;
  std::map<const std::byte*, std::size_t> blocks_;
};

DeviceMemory& device_memory(int device);
PinnedMemory& pinned_memory();
/// The visible device whose memory `address` is.
std::optional<int> device_of(const void* address);
/// Where whoever runs a copy finds host or device memory; null for device memory that is not allocated.
std::byte* reach(const void* address, std::size_t bytes);

}  // namespace simulated
