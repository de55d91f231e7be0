#include "encoder/classify.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace infer {
namespace {

template <class T>
std::vector<double> read_row(const HostTensor& logits, std::size_t index, std::size_t classes) {
  std::vector<T> values(classes);
  std::memcpy(values.data(), logits.bytes.data() + index * classes * sizeof(T), classes * sizeof(T));
  return {values.begin(), values.end()};
}

void apply_softmax(std::vector<double>& values) {
  const auto highest = std::ranges::max(values);
  double sum = 0;
  for (auto& value : values) sum += value = std::exp(value - highest);
  for (auto& value : values) value /= sum;
}

}  // namespace

std::vector<double> class_scores(const HostTensor& logits, std::size_t index, std::size_t classes,
                                 Activation activation) {
  auto values = logits.dtype == DType::float64 ? read_row<double>(logits, index, classes)
                                               : read_row<float>(logits, index, classes);
  if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) return {};
  if (activation == Activation::softmax) apply_softmax(values);
  if (activation == Activation::sigmoid) {
    for (auto& value : values) value = 1 / (1 + std::exp(-value));
  }
  return values;
}

std::vector<std::size_t> best_classes(std::span<const double> scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto keep = static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::ranges::partial_sort(order, order.begin() + keep, [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  order.resize(static_cast<std::size_t>(keep));
  return order;
}

}  // namespace infer
