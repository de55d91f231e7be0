// The loops of attention, in the copy for this processor and in the one for AVX2.
#include "kernels/attention/loops.hpp"

#include <ATen/ATen.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__x86_64__)
using infer::detail::AttentionLoops;
using infer::detail::BFloat16Bits;
using infer::detail::MaskRows;

namespace infer::detail::avx2 {
extern const AttentionLoops<float> kFloat32;
extern const AttentionLoops<BFloat16Bits> kBFloat16;
}  // namespace infer::detail::avx2

namespace {

template <class T>
double as_number(T value) {
  if constexpr (std::is_same_v<T, float>) return static_cast<double>(value);
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U));
}

constexpr std::size_t kKeys = 37, kStride = 64;

/// Both copies of the loops, on the same numbers.
template <class T>
void compare_softmax(const AttentionLoops<T>& one, const AttentionLoops<T>& other, double allowed,
                     bool masked) {
  constexpr std::size_t kRows = 5;
  const auto scores = at::randn({kRows, kStride});
  const auto random = at::randn({kRows, kStride});
  const auto mask =
      masked ? MaskRows{MaskRows::Kind::float32, random.data_ptr<float>(), kStride} : MaskRows{};
  const auto run = [&](const AttentionLoops<T>& loops) {
    auto copy = scores.clone();
    std::pair<std::vector<T>, std::vector<float>> result{std::vector<T>(kRows * kStride),
                                                         std::vector<float>(kRows)};
    loops.softmax({copy.data_ptr<float>(), kRows, kKeys, kStride}, 0.5F, mask, result.first.data(),
                  result.second.data());
    return result;
  };
  const auto [weights, sums] = run(one);
  const auto [other_weights, other_sums] = run(other);
  for (std::size_t i = 0; i < weights.size(); ++i)
    CHECK(std::abs(as_number(weights[i]) - as_number(other_weights[i])) <= allowed);
  for (std::size_t i = 0; i < sums.size(); ++i) CHECK(sums[i] == Approx(other_sums[i]));
}

template <class T>
void compare_loops(const AttentionLoops<T>& one, const AttentionLoops<T>& other, double allowed) {
  compare_softmax(one, other, allowed, true);
  compare_softmax(one, other, allowed, false);
  std::vector<T> rows(kKeys * 32), packed(kStride * 32), other_packed(kStride * 32);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<T>(i + 1);
  one.pack_keys({rows.data(), kKeys, 32, 32}, kStride, packed.data());
  other.pack_keys({rows.data(), kKeys, 32, 32}, kStride, other_packed.data());
  CHECK(packed == other_packed);
  one.pack_values({rows.data(), kKeys, 32, 32}, kStride, packed.data());
  other.pack_values({rows.data(), kKeys, 32, 32}, kStride, other_packed.data());
  CHECK(packed == other_packed);
}

}  // namespace

TEST_CASE("attention: weights are exponentials, as exact as their type") {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  const auto check = [](const auto& loops, auto type, double relative, double least) {
    constexpr std::size_t kCount = 4096;
    std::vector<float> scores(kCount), before(kCount), inverse(1);
    for (std::size_t i = 0; i < kCount; ++i) before[i] = scores[i] = 3.0F - static_cast<float>(i) * 0.07F;
    std::vector<decltype(type)> weights(kCount);
    loops.softmax({scores.data(), 1, kCount, kCount}, 0.5F, {}, weights.data(), inverse.data());
    double sum = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double expected = std::exp((static_cast<double>(before[i]) - 3) * 0.5);
      sum += expected;
      const double weight = as_number(weights[i]);
      CHECK(std::abs(weight - expected) <= (expected < least ? least : relative * expected));
    }
    CHECK(static_cast<double>(inverse[0]) == Approx(1 / sum).epsilon(1e-5));
  };
  check(infer::detail::attention_loops_float32(), float{}, 1e-6, 1e-37);
  check(infer::detail::attention_loops_bfloat16(), BFloat16Bits{}, 1.0 / 256, 2e-38);
}

TEST_CASE("attention: the loops for AVX2 give what those for this processor give") {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  at::manual_seed(11);
  compare_loops<float>(infer::detail::avx2::kFloat32, infer::detail::attention_loops_float32(), 1e-6);
  compare_loops<BFloat16Bits>(infer::detail::avx2::kBFloat16, infer::detail::attention_loops_bfloat16(),
                              0.005);
}
#endif
