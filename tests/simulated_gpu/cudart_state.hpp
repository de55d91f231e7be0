// What the files of the simulated CUDA runtime share: the calling thread's device, and errors as CUDA reports
// them.
#pragma once

#include <cuda_runtime_api.h>

namespace simulated {

/// Of the calling thread.
int& current_device();

/// `code`, or what has broken the device before; remembered for cudaGetLastError.
cudaError_t answer(cudaError_t code);

/// From now on every call answers `code`, as after a failed assertion in a kernel.
void break_device(cudaError_t code);
bool is_broken();

}  // namespace simulated
