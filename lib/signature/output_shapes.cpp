#include "signature/output_shapes.hpp"

#include <algorithm>

namespace infer::detail {

bool same_kind(std::span<const NamedTensor> a, std::span<const NamedTensor> b) {
  return std::ranges::equal(a, b, [](const NamedTensor& x, const NamedTensor& y) {
    return x.name == y.name && x.value.dtype == y.value.dtype && x.value.shape.size() == y.value.shape.size();
  });
}

std::string shapes_of(std::span<const NamedTensor> outputs) {
  std::string text;
  for (const auto& [name, value] : outputs)
    text += (text.empty() ? "\"" : ", \"") + name + "\" " + shape_text(value.shape);
  return text;
}

std::vector<Shape> shapes_that_vary(std::span<const NamedTensor> a, std::span<const NamedTensor> b) {
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto& one = a[i].value.shape;
    const auto& other = b[i].value.shape;
    auto& shape = shapes.emplace_back(one.begin() + 1, one.end());
    for (std::size_t dim = 0; dim < shape.size(); ++dim) {
      if (other[dim + 1] != shape[dim]) shape[dim] = kVariableDim;
    }
  }
  return shapes;
}

}  // namespace infer::detail
