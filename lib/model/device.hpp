// Where a model runs: finds devices, loads LibTorch's CUDA half on demand, prepares threads.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace infer::detail {

/// The device of "cpu" or "cuda:K". For CUDA, loads the CUDA libraries and checks that K is visible; must
/// come before any other use of LibTorch in the process, which remembers whether it found CUDA, and says
/// whether LibTorch may choose cuDNN for attention. Throws UsageError.
c10::Device open_device(const std::string& name, bool cudnn_attention = false);

/// For the calling thread, for as long as it lives. On a GPU it gets a stream of its own, so that the copies
/// of one thread's batch overlap with the kernels of another's.
void prepare_thread(c10::Device device, int threads);

/// Waits until all that was started on a GPU is done. Weights that one thread's stream brought there may be
/// read by others after that.
void finish_device_work(c10::Device device);

/// How often LibTorch has found too little memory there since the process began, by any thread.
std::int64_t failed_allocations(c10::Device device);

/// What the next forward on `device` draws is a function of `seed`. One generator per device serves all
/// threads.
void seed_generator(c10::Device device, std::uint64_t seed);

/// Returns unused memory of LibTorch's caches, and of the C library's heap, to the device and the system.
void free_cached_memory(c10::Device device);

}  // namespace infer::detail
