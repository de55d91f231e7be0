// Weights as 15 low bits and what is above them, because AVX2 adds up two products of 16 bits.
#include <immintrin.h>

#include "image/resize/known_quads.hpp"
#include "image/resize/loops.hpp"

namespace infer::detail {

extern const ResizeLoops kAvx2Resize;

namespace {

std::int32_t pair(std::int32_t first, std::int32_t second) {
  return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xffff) |
                                   (static_cast<std::uint32_t>(second) << 16));
}

// Low halves of the even places and of the odd ones, then the high halves.
QuadWeights pack(const std::array<std::int32_t, 4>& weights) {
  const auto low = [&](std::size_t place) { return weights[place] & 0x7fff; };
  const auto high = [&](std::size_t place) { return weights[place] >> 15; };
  return {{pair(low(0), low(2)), pair(low(1), low(3)), pair(high(0), high(2)), pair(high(1), high(3))}};
}

struct Sums {
  __m256i low = _mm256_setzero_si256();
  __m256i high = _mm256_setzero_si256();

  void add(__m256i bytes, const QuadWeights& weights) {
    const __m256i even = _mm256_and_si256(bytes, _mm256_set1_epi16(0xff));
    const __m256i odd = _mm256_srli_epi16(bytes, 8);
    low = _mm256_add_epi32(low, products(even, odd, weights.words[0], weights.words[1]));
    high = _mm256_add_epi32(high, products(even, odd, weights.words[2], weights.words[3]));
  }
  __m256i as_values(int shift) const {
    const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, 15), low);
    const __m256i rounded = _mm256_add_epi32(sum, _mm256_set1_epi32(1 << (shift - 1)));
    return _mm256_sra_epi32(rounded, _mm_cvtsi32_si128(shift));
  }

 private:
  static __m256i products(__m256i even, __m256i odd, std::int32_t evens, std::int32_t odds) {
    return _mm256_add_epi32(_mm256_madd_epi16(even, _mm256_set1_epi32(evens)),
                            _mm256_madd_epi16(odd, _mm256_set1_epi32(odds)));
  }
};

// Four bytes each of: first's lower half, second's lower half, first's upper half, second's upper half.
__m128i as_bytes(const Sums& first, const Sums& second, int shift) {
  const __m256i words = _mm256_packs_epi32(first.as_values(shift), second.as_values(shift));
  return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

__m128i load(const std::uint8_t* place) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(place)); }

void store(std::uint8_t* place, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(place), bytes); }

__m256i load_rows(const std::uint8_t* place, std::size_t stride) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(load(place)), load(place + stride), 1);
}

template <std::size_t kQuads>
void across_quads(const AcrossTask& task) {
  const __m256i by_color =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1));
  const __m128i transposed = _mm_setr_epi8(0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15);
  const AcrossTask local = task;
  const std::size_t quads = kQuads > 0 ? kQuads : local.quads;
  const QuadWeights* weights = local.weights;
  std::uint8_t* results = local.results;
  for (const std::int32_t first : local.first) {
    const std::uint8_t* upper = local.rows + first;
    const std::uint8_t* lower = upper + 2 * local.stride;
    Sums upper_sums, lower_sums;
    for (std::size_t quad = 0; quad < quads; ++quad) {
      const __m256i upper_bytes = load_rows(upper + quad * 12, local.stride);
      const __m256i lower_bytes = load_rows(lower + quad * 12, local.stride);
      upper_sums.add(_mm256_shuffle_epi8(upper_bytes, by_color), weights[quad]);
      lower_sums.add(_mm256_shuffle_epi8(lower_bytes, by_color), weights[quad]);
    }
    weights += quads;
    store(results, _mm_shuffle_epi8(as_bytes(upper_sums, lower_sums, local.shift), transposed));
    results += 16;
  }
}

template <std::size_t kQuads>
void down_quads(const DownTask& task) {
  const __m128i in_order = _mm_setr_epi8(0, 1, 2, 8, 9, 10, 4, 5, 6, 12, 13, 14, -1, -1, -1, -1);
  const DownQuads<kQuads> quads(task);
  const int shift = task.shift;
  const int pixels = task.pixels;
  std::uint8_t* row = task.row;
  for (int pixel = 0; pixel < pixels; pixel += 4, row += 12) {
    Sums left, right;
    for (std::size_t quad = 0; quad < quads.size(); ++quad) {
      const auto* bytes = reinterpret_cast<const __m256i*>(quads.rows[quad] + pixel * 16);
      left.add(_mm256_loadu_si256(bytes), quads.weights[quad]);
      right.add(_mm256_loadu_si256(bytes + 1), quads.weights[quad]);
    }
    store(row, _mm_shuffle_epi8(as_bytes(left, right, shift), in_order));
  }
}

void across(const AcrossTask& task) {
  with_known_quads(task.quads, [&]<std::size_t kQuads> { across_quads<kQuads>(task); });
}

void down(const DownTask& task) {
  with_known_quads(task.quads.size(), [&]<std::size_t kQuads> { down_quads<kQuads>(task); });
}

}  // namespace

const ResizeLoops kAvx2Resize{"avx2", pack, across, down};

}  // namespace infer::detail
