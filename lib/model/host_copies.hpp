// The results of one forward on their way to host memory: all are sent off, then awaited once.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "model/device_clock.hpp"
#include "model/tensor_convert.hpp"
#include "record/predicted_chunk.hpp"

namespace infer::detail {

class HostCopies {
 public:
  /// `work` and `model`, a name for messages, must outlive this.
  HostCopies(DeviceClock::Work& work, const std::filesystem::path& model,
             HalfTypes half_types = HalfTypes::as_float32)
      : work_(work), model_(model), half_types_(half_types) {}

  /// One on the CPU is complete at once; one on a GPU is copied to pinned memory meanwhile. `output` must be
  /// the caller's only handle: to_host() looks for others. Throws RunError as that does.
  void add(std::string name, const at::Tensor& output);

  /// In their order, plain memory.
  std::vector<NamedTensor> take();

 private:
  DeviceClock::Work& work_;
  const std::filesystem::path& model_;
  HalfTypes half_types_;
  std::vector<NamedTensor> complete_;
  std::vector<std::pair<std::size_t, at::Tensor>> under_way_;  // positions among the complete
};

}  // namespace infer::detail
