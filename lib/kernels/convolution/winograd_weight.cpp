#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>

#include "kernels/convolution/winograd.hpp"
#include "kernels/convolution/winograd_loops.hpp"

namespace infer::detail {
namespace {

/// G of F(4, 3): the values of three coefficients at the points, over what the interpolation divides by.
std::array<std::array<double, 3>, kPatchSide> points_of_weight() {
  const double a = kInnerPoint;
  const double b = kOuterPoint;
  const auto at = [](double point, double over) {
    return std::array{1 / over, point / over, point * point / over};
  };
  const double over_a = 2 * a * a * (a * a - b * b);
  const double over_b = 2 * b * b * (b * b - a * a);
  return {at(0, a * a * b * b), at(a, over_a), at(-a, over_a), at(b, over_b), at(-b, over_b), {0, 0, 1}};
}

/// G w Gt of one window [3, 3], its values `stride` apart.
void transform_window(const double* window, float* to, std::int64_t stride) {
  static const auto points = points_of_weight();
  for (const auto& down : points) {
    std::array<double, 3> row{};
    for (std::size_t x = 0; x < 3; ++x)
      row[x] = down[0] * window[x] + down[1] * window[3 + x] + down[2] * window[6 + x];
    for (const auto& across : points) {
      *to = static_cast<float>(across[0] * row[0] + across[1] * row[1] + across[2] * row[2]);
      to += stride;
    }
  }
}

}  // namespace

at::Tensor transform_weight(const at::Tensor& weight) {
  const auto given = weight.to(at::kDouble).contiguous();
  const auto outputs = given.size(0);
  const auto channels = given.size(1);
  const auto products = static_cast<std::int64_t>(kPatchPixels);
  auto result = at::empty({outputs * channels * products}, at::TensorOptions(at::kFloat));
  const auto* window = given.const_data_ptr<double>();
  for (std::int64_t output = 0; output < outputs; ++output) {
    const auto panel = output / kWeightPanel * kWeightPanel;
    const auto width = std::min(kWeightPanel, outputs - panel);
    auto* to = result.mutable_data_ptr<float>() + panel * products * channels + output - panel;
    for (std::int64_t channel = 0; channel < channels; ++channel, window += 9, to += width)
      transform_window(window, to, channels * width);
  }
  return result;
}

}  // namespace infer::detail
