// What the NVIDIA driver itself says about this process's GPUs, without loading CUDA or creating a context.
#pragma once

#include <memory>
#include <string>

namespace infer::detail {

/// Thread-compatible. Honours CUDA_VISIBLE_DEVICES.
class CudaDriver {
 public:
  CudaDriver();

  int devices() const { return devices_; }
  /// Why there are none; empty when there are.
  const std::string& problem() const { return problem_; }
  /// The same for the same GPU in every process: "GPU-" and its UUID in hex. Empty when the driver does not
  /// tell.
  std::string device_id(int device) const;
  /// Highest CUDA version the driver serves, "13.2"; empty without a driver.
  std::string version() const;

 private:
  struct Unload {
    void operator()(void* library) const;
  };
  template <class Function>
  Function* symbol(const char* name) const;

  std::unique_ptr<void, Unload> library_;
  int devices_ = 0;
  std::string problem_;
};

}  // namespace infer::detail
