#include "image/resize/filter.hpp"

#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace infer::detail {
namespace {

// With both ends in, a value in the middle between two would be the mean of both.
double box(double distance) { return distance > -0.5 && distance <= 0.5 ? 1 : 0; }

double triangle(double distance) {
  const double x = std::abs(distance);
  return x < 1 ? 1 - x : 0;
}

// The constants are those of float: Pillow's are.
double hamming(double distance) {
  const double x = std::abs(distance);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  const double angle = x * std::numbers::pi;
  return std::sin(angle) / angle * (0.54f + 0.46f * std::cos(angle));
}

// Keys' cubic convolution with a slope of -0.5 at 1, in Horner's form.
double cubic(double distance) {
  constexpr double slope = -0.5;
  const double x = std::abs(distance);
  if (x < 1) return ((slope + 2) * x - (slope + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * slope;
  return 0;
}

double sinc(double x) {
  if (x == 0) return 1;
  const double angle = x * std::numbers::pi;
  return std::sin(angle) / angle;
}

double lanczos(double distance) {
  return distance >= -3 && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0;
}

}  // namespace

FilterCurve filter_curve(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::box: return {0.5, box};
    case ResizeFilter::bilinear: return {1, triangle};
    case ResizeFilter::hamming: return {1, hamming};
    case ResizeFilter::bicubic: return {2, cubic};
    case ResizeFilter::lanczos: return {3, lanczos};
    case ResizeFilter::nearest: break;
  }
  throw InternalError("a filter without a curve");
}

}  // namespace infer::detail
