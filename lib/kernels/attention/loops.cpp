#include "kernels/attention/loops.hpp"

#include "kernels/vectors.hpp"

// INFER_ISA: the namespace of this copy, named like the instruction set that the file is compiled for.
namespace infer::detail::INFER_ISA {
namespace {

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

struct NoMask {};

template <class T>
struct MaskRow {
  const T* row;
  Floats at(size_t key) const { return load_as_floats(row + key); }
  Floats tail(size_t key, size_t count) const { return load_tail(row + key, count); }
};

/// A row's scores, less `most` and times `unit`, are what its weights are the exponentials of.
struct Range {
  float most;
  float unit;
};

/// Scores become scaled and masked in place.
template <class Mask>
Range mask_row(float* scores, size_t keys, float scale, const Mask& mask) {
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
  return {largest_lane(most), 1};
}

/// Without a mask they stay as they are.
Range mask_row(float* scores, size_t keys, float scale, const NoMask&) {
  auto most = all(kMinusInfinity);
  size_t key = 0;
  for (; key + kLanes <= keys; key += kLanes) most = larger(most, load<Floats>(scores + key));
  if (key < keys) {
    const auto tail = load_tail(scores + key, keys - key);
    save(tail, scores + key);
    most = larger(most, tail);
  }
  return {largest_lane(most), scale};
}

Floats weights_of(Floats scores, Range range, const float*) {
  return exp_of_negative((scores - range.most) * range.unit);
}
Floats weights_of(Floats scores, Range range, const BFloat16Bits*) {
  const float kLog2E = 1.44269504088896341F;
  return exp2_of_negative((scores - range.most) * (range.unit * kLog2E));
}

/// Returns the sum.
template <class T>
float exp_row(const float* scores, size_t keys, size_t stride, Range range, T* weights) {
  auto sum = Floats{};
  size_t key = 0;
  for (; key < keys; key += kLanes) {
    const auto weight = weights_of(load<Floats>(scores + key), range, weights);
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
    const auto range = mask_row(scores, rows.keys, scale, mask_of(r));
    if (range.most == kMinusInfinity) {
      for (size_t key = 0; key < rows.stride; key += kLanes) save_floats(Floats{}, out + key);
      inverse_sums[r] = 0;
      continue;
    }
    inverse_sums[r] = 1 / exp_row(scores, rows.keys, rows.stride, range, out);
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
