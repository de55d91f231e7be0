// HostTensor to at::Tensor and back.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "record/predicted_chunk.hpp"
#include "record/tensor.hpp"

namespace infer::detail {

c10::ScalarType scalar_type(DType dtype);

/// Empty for types we have no name for (complex, quantized, ...).
std::optional<DType> dtype_of(c10::ScalarType type);

/// The tensor on `device` with type `wanted`. On the CPU and with an equal type it borrows the bytes and
/// keeps their owner alive: whoever writes into it writes into the caller's memory.
at::Tensor to_device(const HostTensor& input, DType wanted, c10::Device device);

bool is_dense(const at::Tensor& tensor);

enum class HalfTypes : std::uint8_t { as_float32, as_they_are };

/// Contiguous values in host memory; waits for the device. Copies only where it must:
/// where anyone but `output`, the only handle that the caller has, could still reach the values. Throws
/// RunError for a tensor that cannot be plain values.
HostTensor to_host(const at::Tensor& output, const std::string& name, const std::filesystem::path& model,
                   HalfTypes half_types = HalfTypes::as_float32);

/// 0 for what has no values that anyone could write, as weights that oneDNN has packed.
std::uint64_t digest_of_values(const at::Tensor& tensor);

/// Throws WrongRows unless every output has `rows` as first dimension.
void check_batch_dimension(const std::vector<NamedTensor>& outputs, std::size_t rows,
                           const std::filesystem::path& model);

}  // namespace infer::detail
