// How much memory LibTorch had of GPUs.
#pragma once

#include <cstdint>

namespace infer {

/// Of all GPUs of this process together, each at its own peak, caches included. Only after a model was loaded
/// on one.
std::uint64_t peak_device_bytes();

}  // namespace infer
