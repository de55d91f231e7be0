// A model made of a function, for tests of what calls models.
#pragma once

#include <atomic>
#include <functional>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace infer::test {

class FakeModel final : public Model {
 public:
  using Forward =
      std::function<std::vector<NamedTensor>(std::span<const HostTensor>, std::span<const DType>)>;

  /// Thread-safe when `forward` is.
  FakeModel(std::vector<ModelArgument> arguments, Forward forward) : forward_(std::move(forward)) {
    info_.arguments = std::move(arguments);
    info_.device = "cpu";
  }

  const ModelInfo& info() const override { return info_; }
  void use_this_thread() override {}
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    ++runs;
    if (batch.alone) ++runs_alone;
    return forward_(batch.inputs, batch.dtypes);
  }

  void set_float_dtype(DType dtype) { info_.float_dtype = dtype; }
  void set_format(ModelFormat format) { info_.format = format; }

  std::atomic<std::size_t> runs{0};
  std::atomic<std::size_t> runs_alone{0};

 private:
  ModelInfo info_;
  Forward forward_;
};

}  // namespace infer::test
