// Lets models compute on a simulated GPU: LibTorch's CUDA kernels are replaced by those of the CPU, between a
// copy from the device and a copy back, which are put on the calling thread's stream.
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/copy_native.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <cuda_runtime_api.h>
#include <torch/library.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cudart_state.hpp"
#include "first_use.hpp"
#include "memory.hpp"

namespace {

/// Swallows "overriding a previously registered kernel".
struct NoWarnings final : c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

bool takes_tensors(const c10::FunctionSchema& schema) {
  return std::ranges::any_of(schema.arguments(), [](const c10::Argument& argument) {
    return argument.type()->str().find("Tensor") != std::string::npos;
  });
}

bool gives_views(const c10::FunctionSchema& schema) {
  return std::ranges::any_of(schema.returns(), [](const c10::Argument& result) {
    return result.alias_info() != nullptr && !result.alias_info()->isWrite();
  });
}

/// Whether an operator computes; the others make, move or describe memory, and LibTorch's own code for that
/// is what the simulation is for.
bool computes(const c10::OperatorHandle& op) {
  constexpr const char* kMemory[] = {"aten::copy_",          "aten::resize_",   "aten::set_",
                                     "aten::_pin_memory",    "aten::is_pinned", "aten::record_stream",
                                     "aten::_resize_output_"};
  const auto& schema = op.schema();
  return takes_tensors(schema) && !gives_views(schema) &&
         std::ranges::find(kMemory, schema.name()) == std::end(kMemory);
}

at::Tensor as_host(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) return tensor;
  std::byte* const begin = simulated::reach(tensor.const_data_ptr(), 1);
  TORCH_CHECK(begin != nullptr, "simulated GPU: a tensor outside of its memory");
  return at::from_blob(begin, tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

cudaStream_t stream_handle(const at::Tensor& tensor) {
  const c10::impl::VirtualGuardImpl guard(tensor.device().type());
  return reinterpret_cast<cudaStream_t>(guard.getStreamNativeHandle(guard.getStream(tensor.device())));
}

/// Plain bytes go by LibTorch's own code and the stream; all else, as another type or order, at once and on
/// the host.
at::Tensor& copy(at::Tensor& target, const at::Tensor& source, bool non_blocking) {
  const bool plain = target.scalar_type() == source.scalar_type() && target.is_contiguous() &&
                     source.is_contiguous() && target.sizes() == source.sizes();
  if (plain || source.numel() == 0) return at::native::copy_(target, source, non_blocking);
  cudaStreamSynchronize(stream_handle(target.is_cuda() ? target : source));
  as_host(target).copy_(as_host(source));
  return target;
}

at::Tensor copy_and_resize(const at::Tensor& source, const at::Tensor& target) {
  target.resize_(source.sizes());
  return target.copy_(source);
}

void add_tensors(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
  if (!value.isList()) return;
  for (const auto& item : value.toListRef()) add_tensors(item, tensors);
}

/// A kernel takes host memory for single numbers only; indexing takes indices from there too.
void check_one_device(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  if (op.schema().name().starts_with("aten::index")) return;
  std::vector<at::Tensor> tensors;
  for (const auto& value : torch::jit::last(stack, op.schema().arguments().size()))
    add_tensors(value, tensors);
  const bool mixed =
      std::ranges::any_of(tensors, [](const at::Tensor& t) { return t.is_cuda(); }) &&
      std::ranges::any_of(tensors, [](const at::Tensor& t) { return t.is_cpu() && t.dim() > 0; });
  TORCH_CHECK(
      !mixed,
      "Expected all tensors to be on the same device, but found at least two devices, cuda and cpu! (",
      op.schema().name(), ")");
}

/// Lists with gaps, as of indices, which LibTorch's fallback leaves on the device.
void bring_lists(const c10::OperatorHandle& op, torch::jit::Stack& stack) {
  const auto first = stack.size() - op.schema().arguments().size();
  for (auto& value : std::span(stack).subspan(first)) {
    if (!value.isList() || value.isTensorList()) continue;
    auto list = value.toList().copy();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const c10::IValue item = list.get(i);
      if (item.isTensor() && item.toTensor().defined()) list.set(i, item.toTensor().cpu());
    }
    value = list;
  }
}

/// An index outside of its tensor is an exception on the CPU, and the end of a real device.
void compute_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  check_one_device(op, *stack);
  bring_lists(op, *stack);
  try {
    at::native::cpu_fallback(op, stack);
  } catch (const c10::Error& error) {
    if (std::string_view(error.what_without_backtrace()).find("index out of range") == std::string_view::npos)
      throw;
    simulated::break_device(cudaErrorAssert);
    TORCH_CHECK(false, "CUDA error: device-side assert triggered");
  }
}

/// The others exist for CUDA only.
void use_plain_attention() {
  auto& settings = at::globalContext();
  settings.setSDPUseFlash(false);
  settings.setSDPUseMemEfficient(false);
  settings.setSDPUseCuDNN(false);
}

void replace_kernels() {
  NoWarnings quiet;
  const c10::WarningUtils::WarningHandlerGuard guard(&quiet);
  static torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::CUDA, __FILE__, __LINE__);
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const auto& name : dispatcher.getAllOpNames()) {
    const auto op = dispatcher.findOp(name);
    if (!op || !name.name.starts_with("aten::") || !op->hasSchema()) continue;
    if (!op->hasKernelForDispatchKey(c10::DispatchKey::CUDA) ||
        !op->hasKernelForDispatchKey(c10::DispatchKey::CPU))
      continue;
    const auto full = name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
    if (computes(*op))
      library.impl(full.c_str(), torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
  }
  library.impl("copy_", copy);
  library.impl("_copy_from_and_resize", copy_and_resize);
}

}  // namespace

bool simulated::first_use() {
  const auto product = c10::Dispatcher::singleton().findOp({"aten::mm", ""});
  if (!product || !product->hasKernelForDispatchKey(c10::DispatchKey::CUDA)) return false;
  use_plain_attention();
  replace_kernels();
  return true;
}
