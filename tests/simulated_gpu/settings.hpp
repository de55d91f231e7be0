// What the environment says of the simulated GPUs.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace simulated {

struct Settings {
  std::vector<int> devices;  ///< CUDA_VISIBLE_DEVICES, else all of SIMULATED_GPUS (default 1)
  std::size_t device_bytes;  ///< SIMULATED_GPU_MIB, default 1024
  std::chrono::microseconds
      lag;         ///< SIMULATED_GPU_LAG_US, default 200: each operation on a stream is so late
  long last_copy;  ///< SIMULATED_GPU_LAST_COPY: the device breaks at this one (from 1); default never
  std::string
      pinned_log;  ///< SIMULATED_GPU_PINNED_LOG: a file that gets a line for each piece of memory pinned
  std::string meeting_place;  ///< SIMULATED_GPU_FOLDER: where the ranks of NCCL exchange files
};

/// Read once.
const Settings& settings();

}  // namespace simulated
