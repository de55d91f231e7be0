// How much memory this process had at most.
#pragma once

#include <cstdint>

namespace infer {

/// Resident at a time; 0 where the kernel does not tell. Of this program alone: getrusage() would count what
/// started it, too.
std::uint64_t peak_memory_bytes();

}  // namespace infer
