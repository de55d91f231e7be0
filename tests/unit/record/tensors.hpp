// Tensors written down in a test.
#pragma once

#include <cstring>
#include <vector>

#include "record/tensor.hpp"

namespace infer::test {

template <class T>
HostTensor tensor_of(DType dtype, Shape shape, const std::vector<T>& values) {
  const auto bytes = values.size() * sizeof(T);
  auto memory = allocate_tensor_bytes(bytes);
  if (bytes > 0) std::memcpy(memory.get(), values.data(), bytes);
  const std::span<const std::byte> view(memory.get(), bytes);
  return {dtype, std::move(shape), std::move(memory), view};
}

}  // namespace infer::test
