#include "model/tensor_convert.hpp"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "model/memory/tensor_memory.hpp"
#include "model/model.hpp"

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

std::string refusal(const std::filesystem::path& model, const std::string& name, const std::string& what,
                    const std::string& remedy) {
  return model.string() + ": the model's output \"" + name + "\" " + what + "; " + remedy;
}

/// Whether the model, another output or an input has these values too: the next forward may write them.
/// Memory that did not come from LibTorch's allocator belongs to somebody else: an input, or a compiled
/// model.
bool is_shared(const at::Tensor& output) {
  const auto& storage = output.storage();
  return output.use_count() > 1 || storage.use_count() > 1 || !is_tensor_memory(storage.data_ptr());
}

bool is_half(c10::ScalarType type) {
  return type == c10::ScalarType::Half || type == c10::ScalarType::BFloat16;
}

/// What was expanded stands in memory once: compiled attention layers have a weight so for each token.
at::Tensor without_repeats(at::Tensor tensor) {
  for (std::int64_t k = 0; k < tensor.dim(); ++k) {
    if (tensor.stride(k) == 0 && tensor.size(k) > 1) tensor = tensor.narrow(k, 0, 1);
  }
  return tensor;
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

bool is_dense(const at::Tensor& tensor) {
  return tensor.defined() && tensor.layout() == c10::kStrided && !tensor.is_quantized();
}

HostTensor to_host(const at::Tensor& output, const std::string& name, const std::filesystem::path& model,
                   HalfTypes half_types) {
  if (!is_dense(output)) {
    throw RunError(refusal(model, name, "is not a dense tensor", "return .to_dense() or .dequantize()"));
  }
  const bool must_copy = output.is_cpu() && is_shared(output);
  auto on_host = output.to(c10::kCPU);
  if (half_types == HalfTypes::as_float32 && is_half(on_host.scalar_type())) {
    on_host = on_host.to(c10::ScalarType::Float);
  } else if (must_copy) {
    on_host = on_host.clone();
  }
  const auto dtype = dtype_of(on_host.scalar_type());
  if (!dtype) {
    throw RunError(refusal(model, name, std::string("has type ") + c10::toString(on_host.scalar_type()),
                           "return a real, integer or bool tensor"));
  }
  // A view may say that its values are to be negated when read, as conj().imag does.
  const auto tensor = std::make_shared<const at::Tensor>(on_host.resolve_neg().contiguous());
  const auto* data = static_cast<const std::byte*>(tensor->const_data_ptr());
  return {*dtype, tensor->sizes().vec(), tensor, std::span(data, tensor->nbytes())};
}

std::uint64_t digest_of_values(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage() || tensor.layout() != c10::kStrided) return 0;
  const auto values = without_repeats(tensor).cpu().contiguous();
  return digest_of({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
}

void check_batch_dimension(const std::vector<NamedTensor>& outputs, std::size_t rows,
                           const std::filesystem::path& model) {
  for (const auto& [name, value] : outputs) {
    if (!value.shape.empty() && std::cmp_equal(value.shape.front(), rows)) continue;
    throw WrongRows(
        refusal(model, name,
                "has shape " + shape_text(value.shape) + " for a batch of " + std::to_string(rows) + " rows",
                "return one result per row: the first dimension of every output must be the batch"));
  }
}

}  // namespace infer::detail
