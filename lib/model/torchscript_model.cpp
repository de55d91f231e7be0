#include "model/torchscript_model.hpp"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/error.hpp"
#include "model/attention/attention.hpp"
#include "model/code_device.hpp"
#include "model/device.hpp"
#include "model/failure.hpp"
#include "model/flatten_outputs.hpp"
#include "model/forward_gate.hpp"
#include "model/index_ranges.hpp"
#include "model/linear.hpp"
#include "model/tensor_convert.hpp"

namespace infer::detail {
namespace {

namespace jit = torch::jit;

jit::Module load_module(const std::filesystem::path& path, c10::Device device) {
  try {
    auto module = jit::load(path.string(), device);
    module.eval();
    move_code(module, device);
    return module;
  } catch (...) {
    throw_load_failure(path,
                       "save it again with this version of torch, or load the library of its operators");
  }
}

bool takes_tensor(const c10::TypePtr& type) { return c10::TensorType::get()->isSubtypeOf(*type); }

/// What can be fed: arguments up to the first one that takes no tensor, if that and all later ones have
/// defaults.
std::vector<ModelArgument> feedable_arguments(const std::filesystem::path& path, const jit::Method& forward) {
  std::vector<ModelArgument> arguments;
  bool all_tensors = true;
  const auto& schema = forward.function().getSchema().arguments();
  for (std::size_t i = 1; i < schema.size(); ++i) {  // 0 is self
    const auto& argument = schema[i];
    const bool has_default = argument.default_value().has_value();
    all_tensors = all_tensors && takes_tensor(argument.type());
    if (all_tensors) arguments.push_back({argument.name(), has_default});
    if (all_tensors || has_default) continue;
    throw UsageError(path.string() + ": forward's argument \"" + argument.name() + "\" of type " +
                     argument.type()->repr_str() +
                     " cannot be fed: every argument must be a tensor, or come after "
                     "the tensors and have a default; wrap the model in a module that takes tensors only");
  }
  return arguments;
}

std::optional<DType> first_float_dtype(const jit::Module& module) {
  for (const auto& parameter : module.parameters()) {
    if (parameter.is_floating_point()) return dtype_of(parameter.scalar_type());
  }
  return std::nullopt;
}

ModelInfo describe(const std::filesystem::path& path, const jit::Module& module, c10::Device device) {
  const auto forward = module.find_method("forward");
  if (!forward) {
    throw UsageError(path.string() +
                     ": this TorchScript module has no forward method; save a module that has one");
  }
  ModelInfo info;
  info.format = ModelFormat::torchscript;
  info.arguments = feedable_arguments(path, *forward);
  info.float_dtype = first_float_dtype(module);
  info.device = device.is_cuda() ? "cuda" : "cpu";
  info.file_bytes = std::filesystem::file_size(path);
  return info;
}

bool any_node(const jit::Block& block, const std::function<bool(const jit::Node&)>& is_sought) {
  return std::ranges::any_of(block.nodes(), [&](const jit::Node* node) {
    return is_sought(*node) || std::ranges::any_of(node->blocks(), [&](const jit::Block* inner) {
             return any_node(*inner, is_sought);
           });
  });
}

/// Whether anything in the frozen graph may write into a tensor, as relu_ does, or hides behind a call.
bool may_write(const jit::Block& block) {
  return any_node(block, [](const jit::Node& node) {
    if (node.kind() == c10::prim::CallMethod || node.kind() == c10::prim::CallFunction) return true;
    const auto* schema = node.maybeSchema();
    return schema != nullptr && schema->is_mutable();
  });
}

/// Whether the frozen graph keeps anything of the module between two calls, or may: an attribute that it
/// changes is left in by freezing.
bool may_keep_state(const jit::Block& block) {
  return any_node(block, [](const jit::Node& node) {
    const auto kind = node.kind();
    return kind == c10::prim::GetAttr || kind == c10::prim::SetAttr || kind == c10::prim::CallMethod;
  });
}

class TorchScriptModel final : public Model {
 public:
  TorchScriptModel(ModelConfig config, c10::Device device, jit::Module module)
      : config_(std::move(config)),
        device_(device),
        info_(describe(config_.path, module, device)),
        module_(jit::freeze(module)),
        may_write_(may_write(*module_.get_method("forward").graph()->block())),
        may_keep_state_(may_keep_state(*module_.get_method("forward").graph()->block())) {
    find_index_ranges(module_, info_.arguments);
  }

  const ModelInfo& info() const override { return info_; }

  void use_this_thread() override { prepare_thread(device_, config_.threads); }
  void free_cached_memory() override { detail::free_cached_memory(device_); }

  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    INFER_ASSERT(batch.inputs.size() == batch.dtypes.size());
    const ForwardGate::Pass pass(gate_, batch.alone || may_keep_state_);
    try {
      const c10::InferenceMode inference;
      auto outputs = flatten_outputs(module_.forward(place(batch)), config_.path);
      check_batch_dimension(outputs, batch.rows, config_.path);
      return outputs;
    } catch (...) {
      throw_forward_failure(config_.path);
    }
  }

 private:
  std::vector<c10::IValue> place(const ModelBatch& batch) const {
    std::vector<c10::IValue> placed;
    placed.reserve(batch.inputs.size());
    for (std::size_t i = 0; i < batch.inputs.size(); ++i) {
      const auto tensor = to_device(batch.inputs[i], batch.dtypes[i], device_);
      // The caller may need the same values again after a failure.
      placed.emplace_back(may_write_ && device_.is_cpu() ? tensor.clone() : tensor);
    }
    return placed;
  }

  ModelConfig config_;
  c10::Device device_;
  ModelInfo info_;
  jit::Module module_;
  bool may_write_;
  bool may_keep_state_;
  ForwardGate gate_;
};

}  // namespace

std::unique_ptr<Model> load_torchscript(const ModelConfig& config) {
  const auto device = open_device(config.device);
  use_own_attention();
  use_fast_linear();
  // Process-wide. With profiling on, the second call of every new shape runs another, re-fused program:
  // seconds of compilation, and last digits that depend on how many batches this rank happened to run before.
  jit::getProfilingMode() = false;
  auto module = load_module(config.path, device);
  try {
    const c10::InferenceMode inference;
    auto model = std::make_unique<TorchScriptModel>(config, device, std::move(module));
    finish_device_work(device);
    return model;
  } catch (...) {
    throw_load_failure(config.path, "save it again with this version of torch");
  }
}

ModelInfo inspect_torchscript(const std::filesystem::path& path) {
  const c10::Device device(c10::kCPU);
  const auto module = load_module(path, device);
  auto info = describe(path, module, device);
  find_index_ranges(jit::freeze(module), info.arguments);
  return info;
}

}  // namespace infer::detail
