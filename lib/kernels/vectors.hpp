// Vectors of 16 floats and their functions, for the loops alone and so once for each instruction set.
#pragma once

#include <stddef.h>
#include <stdint.h>
#ifdef __AVX512BF16__
#include <immintrin.h>  // of its functions none is ever a symbol
#endif

#include "kernels/bfloat16_bits.hpp"

namespace infer::detail::INFER_ISA {

constexpr size_t kLanes = 16;
using Floats = float __attribute__((vector_size(64)));
using Ints = int32_t __attribute__((vector_size(64)));
using Words = uint32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));

constexpr float kMinusInfinity = -__builtin_inff();

template <class Vector, class T>
Vector load(const T* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class Vector, class T>
inline void save(const Vector& vector, T* to) {
  __builtin_memcpy(to, &vector, sizeof vector);
}

inline Floats all(float value) { return Floats{} + value; }

inline Floats widen(Halves bits) { return (Floats)(__builtin_convertvector(bits, Words) << 16); }

/// To the nearest, ties to even.
inline Halves narrow(Floats values) {
#ifdef __AVX512BF16__
  return (Halves)_mm512_cvtneps_pbh((__m512)values);
#else
  const auto bits = (Words)values;
  return __builtin_convertvector((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, Halves);
#endif
}

inline Floats load_as_floats(const float* from) { return load<Floats>(from); }
inline Floats load_as_floats(const BFloat16Bits* from) { return widen(load<Halves>(from)); }
inline void save_floats(Floats values, float* to) { save(values, to); }
inline void save_floats(Floats values, BFloat16Bits* to) { save(narrow(values), to); }

inline Floats larger(Floats a, Floats b) { return a > b ? a : b; }

inline float largest_lane(Floats v) {
  float most = v[0];
  for (size_t lane = 1; lane < kLanes; ++lane) most = v[lane] > most ? v[lane] : most;
  return most;
}

inline float sum_of_lanes(Floats v) {
  float sums[kLanes];
  save(v, sums);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  return sums[0];
}

/// e^x for x <= 0, within 2 units in the last place; 0 below -87, NaN for NaN. exp(x) = 2^n * exp(r) with |r|
/// <= ln(2)/2; the polynomial is that of Cephes' expf (S. Moshier).
inline Floats exp_of_negative(Floats x) {
  const float kLog2E = 1.44269504088896341F;
  const float kLn2High = 0.693359375F;
  const float kLn2Low = -2.12194440e-4F;
  const float kRound =
      12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits
  const float kLeast = -87.0F;
  const auto clamped = x < kLeast ? all(kLeast) : x;
  const auto shifted = clamped * kLog2E + kRound;
  const auto n = shifted - kRound;
  const auto r = clamped - n * kLn2High - n * kLn2Low;
  auto p = all(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const auto exponent = ((Ints)shifted - (Ints)all(kRound)) << 23;
  const auto power = (Floats)((Ints)p + exponent);
  return x < kLeast ? Floats{} : (x == x ? power : x);
}

/// 2^x for x <= 0, within 3e-6 of it, of which bfloat16 sees nothing; 0 below -126, NaN for NaN. As
/// above, with 2^r = p(r) for |r| <= 1/2: the polynomial of degree 4 with the least relative error.
inline Floats exp2_of_negative(Floats x) {
  const float kRound = 12582912.0F;
  const float kLeast = -126.0F;
  const auto shifted = x + kRound;
  const auto r = x - (shifted - kRound);
  auto p = all(9.570102207e-3F);
  p = p * r + 5.591785908e-2F;
  p = p * r + 2.402474433e-1F;
  p = p * r + 6.931217909e-1F;
  p = p * r + 9.999992847e-1F;
  const auto power = (Floats)(((Words)shifted << 23) + (127U << 23));
  return x < kLeast ? Floats{} : p * power;
}

}  // namespace infer::detail::INFER_ISA
