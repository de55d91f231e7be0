// The inner loops of attention between its two matrix products. loops.cpp is compiled once for each
// instruction set, so neither file includes anything with code in it: the linker might keep a copy for the
// wrong processor.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/bfloat16_bits.hpp"

namespace infer::detail {

/// What is added to the scores of one block of rows; strides and pointers count elements.
struct MaskRows {
  enum class Kind { none, float32, bfloat16 };
  Kind kind = Kind::none;
  const void* first = nullptr;
  ptrdiff_t row_stride = 0;
};

/// The scores of some queries: rows of `stride` floats, of which `keys` count.
struct ScoreRows {
  float* scores = nullptr;
  size_t rows = 0;
  size_t keys = 0;
  size_t stride = 0;  ///< a multiple of 16
};

/// Rows of `width` elements each, `row_stride` elements apart.
template <class T>
struct Rows {
  T* first = nullptr;
  size_t count = 0;
  size_t width = 0;
  ptrdiff_t row_stride = 0;
};

/// T is float or BFloat16Bits.
template <class T>
struct AttentionLoops {
  /// weights[r][k] = exp(scale * score + mask - the row's largest), 0 from `keys` on; inverse_sums[r] = 1 /
  /// their sum, or 0 for a row that is masked as a whole. `scale` > 0; the scores change. `weights` has their
  /// stride and may be their memory.
  void (*softmax)(const ScoreRows& rows, float scale, const MaskRows& mask, T* weights, float* inverse_sums);
  /// Keys as the second factor of a product: [width, stride], pairs of bfloat16 of one key kept together
  /// ([width / 2, stride, 2]). Zero for the rows between `count` and `stride`.
  void (*pack_keys)(const Rows<const T>& keys, size_t stride, T* packed);
  /// Values likewise: [stride, width], pairs of bfloat16 of neighbouring rows together ([stride / 2, width,
  /// 2]).
  void (*pack_values)(const Rows<const T>& values, size_t stride, T* packed);
  /// out[r] = sums[r] * inverse_sums[r]; `sums` are rows of `out.width` floats without gaps.
  void (*store)(const float* sums, const float* inverse_sums, const Rows<T>& out);
};

/// Those for this processor.
const AttentionLoops<float>& attention_loops_float32();
const AttentionLoops<BFloat16Bits>& attention_loops_bfloat16();

}  // namespace infer::detail
