// Weights as three signed bytes each, because VNNI adds up four products of a byte and a signed byte.
#include <immintrin.h>

#include "image/resize/known_quads.hpp"
#include "image/resize/loops.hpp"

namespace infer::detail {

extern const ResizeLoops kAvx512Resize;

namespace {

// From the lowest byte on; each digit is in -128 ... 127, so that the next one takes up what is left.
QuadWeights pack(const std::array<std::int32_t, 4>& weights) {
  QuadWeights packed;
  for (std::size_t place = 0; place < 4; ++place) {
    std::int32_t left = weights[place];
    for (std::size_t digit = 0; digit < 3; ++digit) {
      const std::int32_t lowest = static_cast<std::int8_t>(left & 0xff);
      packed.words[digit] |=
          static_cast<std::int32_t>(static_cast<std::uint32_t>(lowest & 0xff) << (8 * place));
      left = (left - lowest) >> 8;
    }
  }
  return packed;
}

struct Sums {
  __m512i digits[3]{_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};

  void add(__m512i bytes, const QuadWeights& weights) {
    for (std::size_t digit = 0; digit < 3; ++digit) {
      digits[digit] = _mm512_dpbusd_epi32(digits[digit], bytes, _mm512_set1_epi32(weights.words[digit]));
    }
  }
  __m128i as_bytes(int shift) const {
    const __m512i high = _mm512_add_epi32(_mm512_slli_epi32(digits[2], 8), digits[1]);
    const __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(high, 8), digits[0]);
    const __m512i rounded = _mm512_add_epi32(sum, _mm512_set1_epi32(1 << (shift - 1)));
    const __m512i value = _mm512_sra_epi32(rounded, _mm_cvtsi32_si128(shift));
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(value, _mm512_setzero_si512()));
  }
};

__m128i load(const std::uint8_t* place) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(place)); }

void store(std::uint8_t* place, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(place), bytes); }

__m512i load_rows(const std::uint8_t* place, std::size_t stride) {
  const __m256i first = _mm256_inserti128_si256(_mm256_castsi128_si256(load(place)), load(place + stride), 1);
  const std::uint8_t* third = place + 2 * stride;
  const __m256i last = _mm256_inserti128_si256(_mm256_castsi128_si256(load(third)), load(third + stride), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(first), last, 1);
}

template <std::size_t kQuads>
void across_quads(const AcrossTask& task) {
  const __m512i by_color =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1));
  const __m128i transposed = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const AcrossTask local = task;
  const std::size_t quads = kQuads > 0 ? kQuads : local.quads;
  const QuadWeights* weights = local.weights;
  std::uint8_t* results = local.results;
  for (const std::int32_t first : local.first) {
    const std::uint8_t* neighbours = local.rows + first;
    Sums sums;
    for (std::size_t quad = 0; quad < quads; ++quad) {
      const __m512i bytes = load_rows(neighbours + quad * 12, local.stride);
      sums.add(_mm512_shuffle_epi8(bytes, by_color), weights[quad]);
    }
    weights += quads;
    store(results, _mm_shuffle_epi8(sums.as_bytes(local.shift), transposed));
    results += 16;
  }
}

template <std::size_t kQuads>
void down_quads(const DownTask& task) {
  const __m128i without_fourth = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const DownQuads<kQuads> quads(task);
  const int shift = task.shift;
  const int pixels = task.pixels;
  std::uint8_t* row = task.row;
  for (int pixel = 0; pixel < pixels; pixel += 4, row += 12) {
    Sums sums;
    for (std::size_t quad = 0; quad < quads.size(); ++quad) {
      sums.add(_mm512_loadu_si512(quads.rows[quad] + pixel * 16), quads.weights[quad]);
    }
    store(row, _mm_shuffle_epi8(sums.as_bytes(shift), without_fourth));
  }
}

void across(const AcrossTask& task) {
  with_known_quads(task.quads, [&]<std::size_t kQuads> { across_quads<kQuads>(task); });
}

void down(const DownTask& task) {
  with_known_quads(task.quads.size(), [&]<std::size_t kQuads> { down_quads<kQuads>(task); });
}

}  // namespace

const ResizeLoops kAvx512Resize{"avx512", pack, across, down};

}  // namespace infer::detail
