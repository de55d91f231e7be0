// One compiled model of an AOTInductor package, on a device, with its weights.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/model.hpp"
#include "model/package/outside_weights.hpp"
#include "model/package/package_files.hpp"

namespace infer::detail {

class CompiledStage {
 public:
  /// `name`: of the model in the package, whose files `files` has. `replicas` threads may run it at a time.
  /// Throws LoadProblem.
  CompiledStage(const ModelFile& file, const std::string& name, c10::Device device, int replicas,
                const PackageFiles& files);

  c10::Device device() const { return device_; }

  /// As the generated code has them.
  std::vector<ModelArgument> arguments(const std::filesystem::path& path) const;

  /// One forward, of tensors on its device; as many as it has arguments.
  std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) {
    return loader_->boxed_run(std::move(inputs));
  }

  /// By name. Replicas share them.
  std::unordered_map<std::string, at::Tensor> constants() const;

 private:
  c10::Device device_;
  std::unique_ptr<OutsideWeights> weights_;  // goes after the next
  std::unique_ptr<torch::inductor::AOTIModelPackageLoader> loader_;
};

}  // namespace infer::detail
