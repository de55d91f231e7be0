#include "writer/classify.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace infer {
namespace {

template <class T>
std::vector<double> read_row(const HostTensor& logits, std::size_t row) {
  const auto classes = static_cast<std::size_t>(logits.shape[1]);
  std::vector<T> values(classes);
  std::memcpy(values.data(), logits.bytes.data() + row * classes * sizeof(T), classes * sizeof(T));
  return {values.begin(), values.end()};
}

}  // namespace

std::vector<ScoredClass> best_classes(const HostTensor& logits, std::size_t row, std::size_t top_k) {
  auto values = logits.dtype == DType::float64 ? read_row<double>(logits, row) : read_row<float>(logits, row);
  if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) return {};
  const auto highest = std::ranges::max(values);
  double sum = 0;
  for (auto& value : values) sum += value = std::exp(value - highest);

  std::vector<ScoredClass> classes;
  for (std::size_t i = 0; i < values.size(); ++i) classes.push_back({i, static_cast<float>(values[i] / sum)});
  const auto keep = static_cast<std::ptrdiff_t>(std::min(top_k, classes.size()));
  std::ranges::partial_sort(classes, classes.begin() + keep, [&](const ScoredClass& a, const ScoredClass& b) {
    return values[a.index] != values[b.index] ? values[a.index] > values[b.index] : a.index < b.index;
  });
  classes.resize(static_cast<std::size_t>(keep));
  return classes;
}

}  // namespace infer
