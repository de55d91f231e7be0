// Weights that stand in a file beside their package: on a CPU mapped from it, so that the ranks of a host
// share one copy in memory; on a GPU copied there.
#pragma once

#include <c10/core/Device.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <cstddef>
#include <memory>
#include <span>

#include "model_file/weights_file.hpp"

namespace infer::detail {

/// Must live as long as the package that uses them.
class OutsideWeights {
 public:
  /// Gives the package its weights. Throws LoadProblem for one that the file has not, or not with the type
  /// that the package was compiled for.
  OutsideWeights(std::shared_ptr<const WeightsFile> file, torch::inductor::AOTIModelPackageLoader& package,
                 c10::Device device);
  OutsideWeights(const OutsideWeights&) = delete;
  OutsideWeights& operator=(const OutsideWeights&) = delete;
  ~OutsideWeights();

 private:
  class Mapping;

  std::unique_ptr<Mapping> mapping_;  // while tensors borrow from it
  std::vector<at::Tensor> on_device_;
};

}  // namespace infer::detail
