// HostTensor to at::Tensor and back.
#pragma once

#include <ATen/core/Tensor.h>

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

/// Contiguous values in host memory, half types as float32; waits for the device. Copies only where it must.
/// Throws RunError for a tensor that cannot be plain values.
HostTensor to_host(const at::Tensor& output, const std::string& name, const std::filesystem::path& model);

/// Throws RunError unless every output has `rows` as first dimension.
void check_batch_dimension(const std::vector<NamedTensor>& outputs, std::size_t rows,
                           const std::filesystem::path& model);

}  // namespace infer::detail
