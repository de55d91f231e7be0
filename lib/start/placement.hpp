// Which device a rank uses, and whether all ranks' choices go together.
#pragma once

#include <string>
#include <vector>

namespace infer {

/// What a rank knows about itself when it picks a device.
struct LocalDevices {
  int visible_gpus = 0;  ///< of this process, after CUDA_VISIBLE_DEVICES
  int local_rank = 0;
  int local_size = 1;
};

/// "cpu", or one or more "cuda:K", for --device auto|cpu|cuda|cuda:K|cuda:K,cuda:L,... Throws UsageError when
/// a device is not there or named twice, or when there are fewer GPUs on the host than ranks.
std::vector<std::string> choose_devices(const std::string& flag, const LocalDevices& local);

/// One rank's device, as the others see it.
struct Placement {
  std::string host;
  std::string device;                   ///< "cpu" or "cuda:K", its first
  std::vector<std::string> device_ids;  ///< identities of its GPUs across processes; none for the CPU
};

/// Of a rank that uses these devices. Loads the CUDA driver for a GPU.
Placement own_placement(const std::string& host, const std::vector<std::string>& devices);

/// As a message for the other ranks, and back.
std::string placement_text(const Placement& placement);
Placement parse_placement(const std::string& text);

/// K of "cuda:K".
int cuda_device_number(const std::string& device);

/// A GPU whose identity the driver does not tell counts as the only one of its rank.
std::size_t count_gpus(const std::vector<Placement>& ranks);

/// Throws UsageError when two ranks share one GPU (unless `allow_shared_gpu`, for tests), or when some ranks
/// use a GPU and others the CPU: their results would differ.
void check_placements(const std::vector<Placement>& ranks, bool allow_shared_gpu);

}  // namespace infer
