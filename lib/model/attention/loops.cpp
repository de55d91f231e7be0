#include "model/attention/loops.hpp"

// INFER_ISA: the namespace of this copy, named like the instruction set that the file is compiled for.
namespace infer::detail::INFER_ISA {
namespace {

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
void save(const Vector& vector, T* to) {
  __builtin_memcpy(to, &vector, sizeof vector);
}

Floats all(float value) { return Floats{} + value; }

Floats widen(Halves bits) { return (Floats)(__builtin_convertvector(bits, Words) << 16); }

/// To the nearest, ties to even.
Halves narrow(Floats values) {
  const auto bits = (Words)values;
  return __builtin_convertvector((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, Halves);
}

Floats load_as_floats(const float* from) { return load<Floats>(from); }
Floats load_as_floats(const BFloat16Bits* from) { return widen(load<Halves>(from)); }
void save_floats(Floats values, float* to) { save(values, to); }
void save_floats(Floats values, BFloat16Bits* to) { save(narrow(values), to); }

Floats larger(Floats a, Floats b) { return a > b ? a : b; }

float largest_lane(Floats v) {
  float most = v[0];
  for (size_t lane = 1; lane < kLanes; ++lane) most = v[lane] > most ? v[lane] : most;
  return most;
}

float sum_of_lanes(Floats v) {
  float sums[kLanes];
  save(v, sums);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  return sums[0];
}

/// e^x for x <= 0, within 2 units in the last place; 0 below -87, NaN for NaN. exp(x) = 2^n * exp(r) with |r|
/// <= ln(2)/2; the polynomial is that of Cephes' expf (S. Moshier).
Floats exp_of_negative(Floats x) {
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

/// Of a row's last, partial vector; what is beyond `count` is masked.
template <class Mask>
Floats load_tail(const Mask* mask, size_t count) {
  float tail[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) tail[lane] = kMinusInfinity;
  Mask some[kLanes] = {};
  for (size_t lane = 0; lane < count; ++lane) some[lane] = mask[lane];
  const auto values = load_as_floats(some);
  for (size_t lane = 0; lane < count; ++lane) tail[lane] = values[lane];
  return load<Floats>(tail);
}

struct NoMask {
  static Floats at(size_t) { return Floats{}; }
  static Floats tail(size_t, size_t count) {
    const BFloat16Bits zeros[kLanes] = {};
    return load_tail(zeros, count);
  }
};

template <class T>
struct MaskRow {
  const T* row;
  Floats at(size_t key) const { return load_as_floats(row + key); }
  Floats tail(size_t key, size_t count) const { return load_tail(row + key, count); }
};

/// Scores become scaled and masked in place; returns the largest.
template <class Mask>
float mask_row(float* scores, size_t keys, float scale, const Mask& mask) {
  auto most = all(kMinusInfinity);
  size_t key = 0;
  for (; key + kLanes <= keys; key += kLanes) {
    const auto masked = load<Floats>(scores + key) * scale + mask.at(key);
    save(masked, scores + key);
    most = larger(most, masked);
  }
  if (key < keys) {
    const auto masked = load<Floats>(scores + key) * scale + mask.tail(key, keys - key);
    save(masked, scores + key);
    most = larger(most, masked);
  }
  return largest_lane(most);
}

/// Returns the sum.
template <class T>
float exp_row(const float* scores, size_t keys, size_t stride, float most, T* weights) {
  auto sum = Floats{};
  size_t key = 0;
  for (; key < keys; key += kLanes) {
    const auto weight = exp_of_negative(load<Floats>(scores + key) - most);
    sum += weight;
    save_floats(weight, weights + key);
  }
  for (; key < stride; key += kLanes) save_floats(Floats{}, weights + key);
  return sum_of_lanes(sum);
}

template <class T, class MaskOfRow>
void softmax_rows(const ScoreRows& rows, float scale, const MaskOfRow& mask_of, T* weights,
                  float* inverse_sums) {
  for (size_t r = 0; r < rows.rows; ++r) {
    float* const scores = rows.scores + r * rows.stride;
    T* const out = weights + r * rows.stride;
    const float most = mask_row(scores, rows.keys, scale, mask_of(r));
    if (most == kMinusInfinity) {
      for (size_t key = 0; key < rows.stride; key += kLanes) save_floats(Floats{}, out + key);
      inverse_sums[r] = 0;
      continue;
    }
    inverse_sums[r] = 1 / exp_row(scores, rows.keys, rows.stride, most, out);
  }
}

template <class T, class Mask>
void softmax_masked_by(const ScoreRows& rows, float scale, const MaskRows& mask, T* weights,
                       float* inverse_sums) {
  const auto* const first = static_cast<const Mask*>(mask.first);
  softmax_rows(
      rows, scale,
      [&](size_t r) { return MaskRow<Mask>{first + static_cast<ptrdiff_t>(r) * mask.row_stride}; }, weights,
      inverse_sums);
}

template <class T>
void softmax(const ScoreRows& rows, float scale, const MaskRows& mask, T* weights, float* inverse_sums) {
  switch (mask.kind) {
    case MaskRows::Kind::none:
      return softmax_rows(
          rows, scale, [](size_t) { return NoMask{}; }, weights, inverse_sums);
    case MaskRows::Kind::float32:
      return softmax_masked_by<T, float>(rows, scale, mask, weights, inverse_sums);
    case MaskRows::Kind::bfloat16: break;
  }
  softmax_masked_by<T, BFloat16Bits>(rows, scale, mask, weights, inverse_sums);
}

/// Element e of key k goes to [e][k].
template <class Word, class T>
void transpose(const Rows<const T>& keys, size_t stride, T* packed) {
  constexpr size_t kPerWord = sizeof(Word) / sizeof(T);
  const size_t words = keys.width / kPerWord;
  for (size_t e = 0; e < words; ++e) {
    T* const out = packed + e * stride * kPerWord;
    for (size_t k = 0; k < keys.count; ++k) {
      const T* const from = keys.first + static_cast<ptrdiff_t>(k) * keys.row_stride + e * kPerWord;
      __builtin_memcpy(out + k * kPerWord, from, sizeof(Word));
    }
    __builtin_memset(out + keys.count * kPerWord, 0, (stride - keys.count) * sizeof(Word));
  }
}

void pack_keys(const Rows<const float>& keys, size_t stride, float* packed) {
  transpose<uint32_t>(keys, stride, packed);
}
void pack_keys(const Rows<const BFloat16Bits>& keys, size_t stride, BFloat16Bits* packed) {
  transpose<uint32_t>(keys, stride, packed);
}

void pack_values(const Rows<const float>& values, size_t stride, float* packed) {
  for (size_t row = 0; row < values.count; ++row) {
    __builtin_memcpy(packed + row * values.width,
                     values.first + static_cast<ptrdiff_t>(row) * values.row_stride,
                     values.width * sizeof(float));
  }
  __builtin_memset(packed + values.count * values.width, 0,
                   (stride - values.count) * values.width * sizeof(float));
}

void pack_values(const Rows<const BFloat16Bits>& values, size_t stride, BFloat16Bits* packed) {
  const size_t pairs = stride / 2;
  for (size_t pair = 0; pair < pairs; ++pair) {
    const size_t row = 2 * pair;
    BFloat16Bits* const out = packed + row * values.width;
    const auto* const upper = values.first + static_cast<ptrdiff_t>(row) * values.row_stride;
    if (row >= values.count) {
      __builtin_memset(out, 0, 2 * values.width * sizeof(BFloat16Bits));
    } else if (row + 1 == values.count) {
      for (size_t e = 0; e < values.width; ++e) {
        out[2 * e] = upper[e];
        out[2 * e + 1] = 0;
      }
    } else {
      const auto* const lower = upper + values.row_stride;
      for (size_t e = 0; e < values.width; ++e) {
        out[2 * e] = upper[e];
        out[2 * e + 1] = lower[e];
      }
    }
  }
}

template <class T>
void store(const float* sums, const float* inverse_sums, const Rows<T>& out) {
  for (size_t row = 0; row < out.count; ++row) {
    const float* const from = sums + row * out.width;
    T* const to = out.first + static_cast<ptrdiff_t>(row) * out.row_stride;
    for (size_t e = 0; e < out.width; e += kLanes)
      save_floats(load<Floats>(from + e) * inverse_sums[row], to + e);
  }
}

}  // namespace

extern const AttentionLoops<float> kFloat32;
extern const AttentionLoops<BFloat16Bits> kBFloat16;
const AttentionLoops<float> kFloat32{softmax<float>, pack_keys, pack_values, store<float>};
const AttentionLoops<BFloat16Bits> kBFloat16{softmax<BFloat16Bits>, pack_keys, pack_values,
                                             store<BFloat16Bits>};

}  // namespace infer::detail::INFER_ISA
