// Fixture models and tensors for the tests of lib/model.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "unit/base/expect_error.hpp"

namespace infer::test {

inline std::filesystem::path model_file(const std::string& name) {
  const char* folder = std::getenv("INFER_TEST_MODELS");
  if (folder == nullptr) throw std::runtime_error("set INFER_TEST_MODELS to the folder of make_models.py");
  return std::filesystem::path(folder) / name;
}

inline std::unique_ptr<Model> open_model(const std::string& name, int threads = 1) {
  auto model = load_model(ModelFile(model_file(name)), {"cpu", threads});
  model->use_this_thread();
  return model;
}

template <class T>
HostTensor tensor(DType dtype, Shape shape, const std::vector<T>& values) {
  REQUIRE(values.size() == element_count(shape));
  const auto memory = allocate_tensor_bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(memory.get(), values.data(), values.size() * sizeof(T));
  return {dtype, std::move(shape), memory, std::span(memory.get(), values.size() * sizeof(T))};
}

inline HostTensor floats(Shape shape, const std::vector<float>& values) {
  return tensor(DType::float32, std::move(shape), values);
}

/// `rows` rows of `width` values that differ and are not exact in binary.
inline HostTensor some_floats(std::int64_t rows, std::int64_t width) {
  std::vector<float> values(static_cast<std::size_t>(rows * width));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) / 7.0F - 1.0F;
  return floats({rows, width}, values);
}

/// Every input with its own dtype; the first one's first dimension is the batch.
inline std::vector<NamedTensor> run(Model& model, const std::vector<HostTensor>& inputs) {
  std::vector<DType> dtypes;
  for (const auto& input : inputs) dtypes.push_back(input.dtype);
  return model.run({inputs, dtypes, static_cast<std::size_t>(inputs.at(0).shape.at(0))});
}

template <class T>
std::vector<T> values(const HostTensor& tensor) {
  REQUIRE(tensor.bytes.size() == element_count(tensor.shape) * sizeof(T));
  std::vector<T> copy(element_count(tensor.shape));
  if (!copy.empty()) std::memcpy(copy.data(), tensor.bytes.data(), tensor.bytes.size());
  return copy;
}

}  // namespace infer::test
