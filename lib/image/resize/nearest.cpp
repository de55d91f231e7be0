#include "image/resize/nearest.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace infer::detail {
namespace {

using NearestValue = int (*)(int value, float step);

// ATen's loop for results whose sides add up to at most 128.
int nearest_in_small(int value, float step) {
  return static_cast<int>(std::floor((static_cast<float>(value) + 0.5f) * step));
}

// ATen's loop for others: on processors with AVX2 the product and the difference are rounded once.
int nearest_in_large(int value, float step) {
  const float place = std::max(std::fma(step, static_cast<float>(value) + 0.5f, -0.5f), 0.0f);
  return static_cast<int>(std::floor(place + 0.5f));
}

// ATen's "nearest-exact", which transformers takes for Pillow's NEAREST.
std::vector<int> nearest_of_torchvision(const ResizedSide& side, NearestValue nearest_value) {
  std::vector<int> nearest;
  const float step = static_cast<float>(side.from) / static_cast<float>(side.to);
  for (int value = side.first; value < side.first + side.count; ++value) {
    nearest.push_back(std::min(nearest_value(value, step), side.from - 1));
  }
  return nearest;
}

// Pillow adds the step up from value to value.
std::vector<int> nearest_of_pil(const ResizedSide& side) {
  std::vector<int> nearest;
  const double step = static_cast<double>(side.from) / side.to;
  double place = step * 0.5;
  for (int value = 0; value < side.first + side.count; ++value, place += step) {
    if (value >= side.first) nearest.push_back(std::min(static_cast<int>(place), side.from - 1));
  }
  return nearest;
}

std::vector<int> nearest_values(const ResizedSide& side, const ResizeTask& task) {
  if (side.backend == ImageBackend::pil) return nearest_of_pil(side);
  const bool small = task.height.to + task.width.to <= 128;
  return nearest_of_torchvision(side, small ? nearest_in_small : nearest_in_large);
}

}  // namespace

void resize_nearest(const PixelView& source, const ResizeTask& task, const PixelTarget& target) {
  const std::vector<int> rows = nearest_values(task.height, task);
  const std::vector<int> columns = nearest_values(task.width, task);
  for (int row = 0; row < task.height.count; ++row) {
    const std::uint8_t* from = source.row(rows[static_cast<std::size_t>(row)]);
    std::uint8_t* to = target.row(row);
    for (const int column : columns) to = std::copy_n(from + column * 3, 3, to);
  }
}

}  // namespace infer::detail
