#include "memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

#include "settings.hpp"

namespace simulated {
namespace {

constexpr std::size_t kAlignment = 512;  // cudaMalloc's promise is 256
constexpr int kGarbage = 0xA5;

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

std::byte* map_memory(int file, std::size_t bytes, int protection) {
  void* const memory = ::mmap(nullptr, bytes, protection, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return static_cast<std::byte*>(memory);
}

}  // namespace

DeviceMemory::DeviceMemory(std::size_t bytes) : capacity_(bytes) {
  const int file = ::memfd_create("simulated_gpu", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes)) != 0)
    throw std::system_error(errno, std::generic_category(), "memfd_create");
  addresses_ = map_memory(file, bytes, PROT_NONE);
  contents_ = map_memory(file, bytes, PROT_READ | PROT_WRITE);
  ::close(file);
}

void* DeviceMemory::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto wanted = aligned(bytes);
  std::size_t begin = 0;
  for (const auto& [offset, size] : blocks_) {
    if (offset - begin >= wanted) break;
    begin = offset + size;
  }
  if (capacity_ - begin < wanted) return nullptr;
  blocks_.emplace(begin, wanted);
  std::memset(contents_ + begin, kGarbage, wanted);
  return addresses_ + begin;
}

bool DeviceMemory::release(void* address) {
  const std::lock_guard lock(mutex_);
  if (!owns(address)) return false;
  const auto block = blocks_.find(static_cast<std::size_t>(static_cast<std::byte*>(address) - addresses_));
  if (block == blocks_.end()) return false;
  give_back(block->first, block->first + block->second);
  blocks_.erase(block);
  return true;
}

/// Whole pages: the kernel would take the neighbour's part of the last one, too.
void DeviceMemory::give_back(std::size_t begin, std::size_t end) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto first = (begin + page - 1) / page * page;
  const auto last = end / page * page;
  if (first < last) ::madvise(contents_ + first, last - first, MADV_REMOVE);
}

std::size_t DeviceMemory::free_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t used = 0;
  for (const auto& [offset, size] : blocks_) used += size;
  return capacity_ - used;
}

bool DeviceMemory::owns(const void* address) const {
  const auto* const byte = static_cast<const std::byte*>(address);
  return byte >= addresses_ && byte < addresses_ + capacity_;
}

std::byte* DeviceMemory::inside(const void* address, std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(address) - addresses_);
  auto block = blocks_.upper_bound(offset);
  if (block == blocks_.begin()) return nullptr;
  --block;
  return offset + bytes <= block->first + block->second ? contents_ + offset : nullptr;
}

void* PinnedMemory::allocate(std::size_t bytes) {
  void* const memory = std::aligned_alloc(kAlignment, aligned(bytes));
  if (memory == nullptr) return nullptr;
  std::memset(memory, kGarbage, bytes);
  const std::lock_guard lock(mutex_);
  blocks_.emplace(static_cast<std::byte*>(memory), bytes);
  return memory;
}

bool PinnedMemory::release(void* address) {
  const std::lock_guard lock(mutex_);
  if (blocks_.erase(static_cast<std::byte*>(address)) == 0) return false;
  std::free(address);
  return true;
}

bool PinnedMemory::owns(const void* address) const {
  const std::lock_guard lock(mutex_);
  const auto* const byte = static_cast<const std::byte*>(address);
  auto block = blocks_.upper_bound(byte);
  if (block == blocks_.begin()) return false;
  --block;
  return byte < block->first + block->second;
}

// These live until the process has ended: streams may still be at work when statics go.
DeviceMemory& device_memory(int device) {
  static auto& memories = *[] {
    auto made = std::make_unique<std::vector<std::unique_ptr<DeviceMemory>>>();
    for (std::size_t i = 0; i < settings().devices.size(); ++i)
      made->push_back(std::make_unique<DeviceMemory>(settings().device_bytes));
    return made.release();
  }();
  return *memories.at(static_cast<std::size_t>(device));
}

PinnedMemory& pinned_memory() {
  static auto& memory = *std::make_unique<PinnedMemory>().release();
  return memory;
}

std::optional<int> device_of(const void* address) {
  for (int device = 0; device < static_cast<int>(settings().devices.size()); ++device)
    if (device_memory(device).owns(address)) return device;
  return std::nullopt;
}

std::byte* reach(const void* address, std::size_t bytes) {
  if (const auto device = device_of(address)) return device_memory(*device).inside(address, bytes);
  return static_cast<std::byte*>(const_cast<void*>(address));
}

}  // namespace simulated
