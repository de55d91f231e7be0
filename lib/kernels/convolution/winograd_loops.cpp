#include "kernels/convolution/winograd_loops.hpp"

#include "kernels/vectors.hpp"

namespace infer::detail::INFER_ISA {
namespace {

constexpr float kA = kInnerPoint;
constexpr float kB = kOuterPoint;
constexpr float kA2 = kA * kA;
constexpr float kB2 = kB * kB;

/// Six values as the coefficients of a polynomial's residues: at 0, a, -a, b, -b, infinity.
inline void to_points(const Floats* d, size_t step, Floats* at, size_t at_step) {
  const Floats d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
               d5 = d[5 * step];
  const Floats even_a = d4 - kB2 * d2;
  const Floats odd_a = kA * (d3 - kB2 * d1);
  const Floats even_b = d4 - kA2 * d2;
  const Floats odd_b = kB * (d3 - kA2 * d1);
  at[0] = (kA2 * kB2) * d0 - (kA2 + kB2) * d2 + d4;
  at[at_step] = even_a + odd_a;
  at[2 * at_step] = even_a - odd_a;
  at[3 * at_step] = even_b + odd_b;
  at[4 * at_step] = even_b - odd_b;
  at[5 * at_step] = (kA2 * kB2) * d1 - (kA2 + kB2) * d3 + d5;
}

/// Four values from products at these points.
inline void from_points(const Floats* at, size_t step, Floats* y, size_t y_step) {
  const Floats sum_a = at[step] + at[2 * step];
  const Floats difference_a = at[step] - at[2 * step];
  const Floats sum_b = at[3 * step] + at[4 * step];
  const Floats difference_b = at[3 * step] - at[4 * step];
  y[0] = at[0] + sum_a + sum_b;
  y[y_step] = kA * difference_a + kB * difference_b;
  y[2 * y_step] = kA2 * sum_a + kB2 * sum_b;
  y[3 * y_step] = (kA * kA2) * difference_a + (kB * kB2) * difference_b + at[5 * step];
}

void begin_tile(const float* const* pixels, size_t channels, float* transformed, size_t stride) {
  for (size_t c = 0; c < channels; c += kLanes) {
    Floats columns[kPatchPixels];
    for (size_t x = 0; x < kPatchSide; ++x) {
      Floats column[kPatchSide];
      for (size_t y = 0; y < kPatchSide; ++y) column[y] = load<Floats>(pixels[y * kPatchSide + x] + c);
      to_points(column, 1, columns + x, kPatchSide);
    }
    for (size_t y = 0; y < kPatchSide; ++y) {
      Floats row[kPatchSide];
      to_points(columns + y * kPatchSide, 1, row, 1);
      for (size_t x = 0; x < kPatchSide; ++x) save(row[x], transformed + (y * kPatchSide + x) * stride + c);
    }
  }
}

inline void save_pixel(Floats value, size_t pixel, size_t c, const TileEnd& end) {
  if (end.bias != nullptr) value += load<Floats>(end.bias + c);
  if (end.added != nullptr) value += load<Floats>(end.added[pixel] + c);
  if (end.rectified) value = value < 0.0F ? Floats{} : value;
  save(value, end.pixels[pixel] + c);
}

void end_tile(const float* products, size_t stride, size_t channels, const TileEnd& end) {
  for (size_t c = 0; c < channels; c += kLanes) {
    Floats columns[kTileSide * kPatchSide];
    for (size_t x = 0; x < kPatchSide; ++x) {
      Floats column[kPatchSide];
      for (size_t y = 0; y < kPatchSide; ++y)
        column[y] = load<Floats>(products + (y * kPatchSide + x) * stride + c);
      from_points(column, 1, columns + x, kPatchSide);
    }
    for (size_t y = 0; y < kTileSide; ++y) {
      Floats row[kTileSide];
      from_points(columns + y * kPatchSide, 1, row, 1);
      for (size_t x = 0; x < kTileSide; ++x) save_pixel(row[x], y * kTileSide + x, c, end);
    }
  }
}

}  // namespace

extern const WinogradLoops kWinograd;
const WinogradLoops kWinograd{begin_tile, end_tile};

}  // namespace infer::detail::INFER_ISA
