#include "model/tensor_convert.hpp"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace infer::detail {
namespace {

/// In the order of DType.
constexpr std::array kScalarTypes{
    c10::ScalarType::Float, c10::ScalarType::Double, c10::ScalarType::Half,  c10::ScalarType::BFloat16,
    c10::ScalarType::Long,  c10::ScalarType::Int,    c10::ScalarType::Short, c10::ScalarType::Char,
    c10::ScalarType::Byte,  c10::ScalarType::Bool,
};

at::Tensor borrow(const HostTensor& input) {
  INFER_ASSERT(input.bytes.size() == element_count(input.shape) * dtype_size(input.dtype));
  // LibTorch has no tensor of const memory; TorchScriptModel and to_device say who may write.
  void* const data = const_cast<std::byte*>(input.bytes.data());
  const auto options = at::TensorOptions().dtype(scalar_type(input.dtype));
  return at::from_blob(
      data, input.shape, [owner = input.owner](void*) {}, options);
}

[[noreturn]] void refuse_output(const std::filesystem::path& model, const std::string& name,
                                const std::string& what, const std::string& remedy) {
  throw RunError(model.string() + ": the model's output \"" + name + "\" " + what + "; " + remedy);
}

bool is_half(c10::ScalarType type) {
  return type == c10::ScalarType::Half || type == c10::ScalarType::BFloat16;
}

}  // namespace

c10::ScalarType scalar_type(DType dtype) { return kScalarTypes[static_cast<std::size_t>(dtype)]; }

std::optional<DType> dtype_of(c10::ScalarType type) {
  const auto found = std::ranges::find(kScalarTypes, type);
  if (found == kScalarTypes.end()) return std::nullopt;
  return static_cast<DType>(found - kScalarTypes.begin());
}

at::Tensor to_device(const HostTensor& input, DType wanted, c10::Device device) {
  const auto tensor = borrow(input);
  if (device.is_cpu()) return tensor.to(scalar_type(wanted));
  // From pinned memory the copy returns at once, and forward queues behind it on this thread's stream.
  return tensor.pin_memory().to(device, /*non_blocking=*/true).to(scalar_type(wanted));
}

HostTensor to_host(const at::Tensor& output, const std::string& name, const std::filesystem::path& model) {
  if (!output.defined() || output.layout() != c10::kStrided || output.is_quantized()) {
    refuse_output(model, name, "is not a dense tensor", "return .to_dense() or .dequantize()");
  }
  auto on_host = output.to(c10::kCPU);
  if (is_half(on_host.scalar_type())) on_host = on_host.to(c10::ScalarType::Float);
  const auto dtype = dtype_of(on_host.scalar_type());
  if (!dtype) {
    refuse_output(model, name, std::string("has type ") + c10::toString(on_host.scalar_type()),
                  "return a real, integer or bool tensor");
  }
  const auto tensor = std::make_shared<const at::Tensor>(on_host.contiguous());
  const auto* data = static_cast<const std::byte*>(tensor->const_data_ptr());
  return {*dtype, tensor->sizes().vec(), tensor, std::span(data, tensor->nbytes())};
}

void check_batch_dimension(const std::vector<NamedTensor>& outputs, std::size_t rows,
                           const std::filesystem::path& model) {
  for (const auto& [name, value] : outputs) {
    if (!value.shape.empty() && std::cmp_equal(value.shape.front(), rows)) continue;
    refuse_output(
        model, name,
        "has shape " + shape_text(value.shape) + " for a batch of " + std::to_string(rows) + " rows",
        "return one result per row: the first dimension of every output must be the batch");
  }
}

}  // namespace infer::detail
