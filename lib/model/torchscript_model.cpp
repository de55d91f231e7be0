#include "model/torchscript_model.hpp"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "kernels/attention/attention.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/linear.hpp"
#include "model/device.hpp"
#include "model/device_clock.hpp"
#include "model/failure.hpp"
#include "model/flatten_outputs.hpp"
#include "model/forward_gate.hpp"
#include "model/graph/graph_behaviour.hpp"
#include "model/graph/index_ranges.hpp"
#include "model/graph/module_file.hpp"
#include "model/host_copies.hpp"
#include "model/preload.hpp"
#include "model/tensor_convert.hpp"

namespace infer::detail {
namespace {

namespace jit = torch::jit;

/// What changes of a frozen module is all that is left of it.
std::uint64_t digest_of_attributes(const jit::Module& frozen) {
  Digest digest;
  for (const auto& attribute : frozen.named_attributes()) {
    if (attribute.value.isTensor() && attribute.value.toTensor().defined()) {
      digest.add(digest_text(digest_of_values(attribute.value.toTensor())));
    } else if (attribute.value.isInt() || attribute.value.isDouble() || attribute.value.isBool()) {
      digest.add(number_text(attribute.value.toScalar().toDouble()) + ' ');
    }
  }
  return digest.value();
}

class TorchScriptModel final : public Model {
 public:
  TorchScriptModel(const ModelFile& file, int threads, c10::Device device, jit::Module module)
      : path_(file.path()),
        threads_(threads),
        device_(device),
        info_(module_info(file.bytes(), module, device)),
        saved_(std::move(module)) {
    auto frozen = jit::freeze_module(saved_);
    info_.behaviour = behaviour_of(frozen);  // folding would hide what was saved in training mode
    use(Rewrites::all, std::move(frozen));
    find_index_ranges(module_, info_.arguments);
    one_at_a_time_ = keeps_state();
  }

  const ModelInfo& info() const override { return info_; }

  void use_this_thread() override { prepare_thread(device_, threads_); }
  void free_cached_memory() override { detail::free_cached_memory(device_); }

  void treat(const ModelTreatment& treatment) override {
    const c10::InferenceMode inference;
    if (treatment.rewrites != rewrites_) {
      use(treatment.rewrites, treatment.rewrites == Rewrites::none ? saved_ : jit::freeze_module(saved_));
    }
    one_at_a_time_ = treatment.one_at_a_time || keeps_state();
  }

  DeviceUse take_device_use() override { return clock_.take(); }

  std::uint64_t state_digest() override { return keeps_state() ? digest_of_attributes(module_) : 0; }

  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    INFER_ASSERT(batch.inputs.size() == batch.dtypes.size());
    const ForwardGate::Pass pass(gate_, batch.alone || one_at_a_time_);
    try {
      const c10::InferenceMode inference;
      if (batch.seed) seed_generator(device_, *batch.seed);
      auto& module = batch.as_saved ? saved_ : module_;
      DeviceClock::Work work(clock_);
      HostCopies copies(work, path_);
      flatten_outputs(module.forward(place(batch)), copies, path_);
      auto outputs = copies.take();
      check_batch_dimension(outputs, batch.rows, path_);
      return outputs;
    } catch (...) {
      throw_forward_failure(path_);
    }
  }

 private:
  bool keeps_state() const { return !info_.behaviour.state.empty(); }

  void use(Rewrites rewrites, jit::Module module) {
    rewrites_ = rewrites;
    module_ = std::move(module);
    if (rewrites != Rewrites::none) {
      auto graph = module_.get_method("forward").graph();
      jit::OptimizeFrozenGraph(graph, /*optimize_numerics=*/rewrites == Rewrites::all);
      drop_inlined_stacks(module_);
    }
    may_write_ = rewrites == Rewrites::none || may_write(module_);
  }

  /// All of forward's arguments: those that the batch does not give have their defaults.
  std::vector<c10::IValue> place(const ModelBatch& batch) const {
    std::vector<c10::IValue> placed;
    std::size_t next = 0;
    for (const auto& argument : arguments_of(saved_.get_method("forward"))) {
      if (takes_tensor(argument) && next < batch.inputs.size()) {
        placed.emplace_back(place(batch.inputs[next], batch.dtypes[next]));
        ++next;
      } else {
        placed.emplace_back(argument.default_value().value());
      }
    }
    return placed;
  }

  at::Tensor place(const HostTensor& input, DType dtype) const {
    auto tensor = to_device(input, dtype, device_);
    // The caller may need the same values again after a failure.
    return may_write_ && device_.is_cpu() ? tensor.clone() : tensor;
  }

  std::filesystem::path path_;
  int threads_;
  c10::Device device_;
  ModelInfo info_;
  jit::Module saved_;   // as in the file
  jit::Module module_;  // what runs
  Rewrites rewrites_ = Rewrites::all;
  bool may_write_ = false;
  bool one_at_a_time_ = false;
  ForwardGate gate_;
  DeviceClock clock_{device_};
};

}  // namespace

std::unique_ptr<Model> load_torchscript(const ModelFile& file, const ModelConfig& config) {
  const auto device = open_device(config.device, config.cudnn_attention);
  preload_libraries(config.libraries, device.is_cpu());
  use_own_attention();
  use_fast_linear();
  use_own_convolutions();
  // Process-wide. With profiling on, the second call of every new shape runs another, re-fused program:
  // seconds of compilation, and last digits that depend on how many batches this rank happened to run before.
  jit::getProfilingMode() = false;
  auto module = load_module(file, device);
  try {
    const c10::InferenceMode inference;
    auto model = std::make_unique<TorchScriptModel>(file, config.threads, device, std::move(module));
    finish_device_work(device);
    return model;
  } catch (...) {
    throw_load_failure("save it again with this version of torch");
  }
}

ModelInfo inspect_torchscript(const ModelFile& file) {
  const c10::Device device(c10::kCPU);
  const auto module = load_module(file, device);
  auto info = module_info(file.bytes(), module, device);
  find_index_ranges(jit::freeze(module), info.arguments);
  return info;
}

}  // namespace infer::detail
