#include "model/device_memory.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace infer {

std::uint64_t peak_device_bytes() {
  constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  std::int64_t bytes = 0;
  const auto devices = c10::impl::VirtualGuardImpl(c10::kCUDA).deviceCount();
  for (c10::DeviceIndex device = 0; device < devices; ++device)
    bytes += c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(device).reserved_bytes.at(kAll).peak;
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace infer
