// Where the memory of LibTorch's CPU tensors comes from: that of large ones is kept from one batch to the
// next. The C library maps what is above 32 MiB anew each time, and the system clears all its pages: up to
// two thirds of a run's time (lib/decisions/model.md).
#pragma once

#include <c10/core/Allocator.h>

#include <cstdint>

namespace infer::detail {

/// From now on, for the whole process; may be called again. Before it everything comes from the C library.
void keep_large_tensors();

/// Gives back what is kept.
void release_kept_tensors();

/// Whether it is memory of a CPU tensor that LibTorch asked for, rather than somebody else's.
bool is_tensor_memory(const c10::DataPtr& memory);

/// How often there was none, by any thread.
std::int64_t failed_tensor_allocations();

}  // namespace infer::detail
