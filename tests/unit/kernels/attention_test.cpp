#include "kernels/attention/attention.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_native.h>
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/attention/segments.hpp"

using infer::detail::AttentionCall;
using infer::detail::find_causal_segments;
using infer::detail::find_segments;
using infer::detail::try_attention;

namespace {

const std::optional<at::Tensor> kNoMask;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Sizes {
  std::int64_t batch, heads, queries, keys, width;
};

/// [batch, heads, rows, width] as models have it: a view of [batch, rows, heads * width].
at::Tensor random_heads(const Sizes& s, std::int64_t rows, c10::ScalarType type) {
  return at::randn({s.batch, rows, s.heads * s.width})
      .to(type)
      .view({s.batch, rows, s.heads, s.width})
      .transpose(1, 2);
}

struct Inputs {
  at::Tensor query, key, value;
  Inputs(const Sizes& s, c10::ScalarType type)
      : query(random_heads(s, s.queries, type)),
        key(random_heads(s, s.keys, type)),
        value(random_heads(s, s.keys, type)) {}
};

/// By the formula, in float64.
at::Tensor expected(const Inputs& in, const std::optional<at::Tensor>& mask, double scale) {
  auto scores = at::matmul(in.query.to(at::kDouble), in.key.to(at::kDouble).transpose(2, 3)) * scale;
  if (mask) scores = scores + mask->to(at::kDouble);
  return at::matmul(at::softmax(scores, 3), in.value.to(at::kDouble));
}

/// [1, 1, tokens, tokens]: 0 within texts of these lengths, minus infinity between them.
at::Tensor packed_mask(const std::vector<std::int64_t>& lengths, c10::ScalarType type = at::kFloat) {
  std::int64_t tokens = 0;
  for (const auto length : lengths) tokens += length;
  auto mask = at::full({1, 1, tokens, tokens}, -kInfinity);
  std::int64_t begin = 0;
  for (const auto length : lengths) {
    mask.slice(2, begin, begin + length).slice(3, begin, begin + length).fill_(0);
    begin += length;
  }
  return mask.to(type);
}

/// The same, where a token sees no later one and only so many up to itself.
at::Tensor causal_mask(const std::vector<std::int64_t>& lengths, std::int64_t window,
                       c10::ScalarType type = at::kFloat) {
  const auto mask = packed_mask(lengths);
  const auto ones = at::ones_like(mask).to(at::kBool);
  return mask.masked_fill(ones.triu(1).logical_or(ones.tril(-window)), -kInfinity).to(type);
}

std::vector<std::int64_t> sizes_of(const std::vector<infer::detail::Segment>& segments) {
  std::vector<std::int64_t> sizes;
  for (const auto& segment : segments) sizes.push_back(segment.size);
  return sizes;
}

double tolerance(c10::ScalarType type) { return type == at::kFloat ? 2e-6 : 2e-2; }

void check_close(const Inputs& in, const std::optional<at::Tensor>& mask = {},
                 std::optional<double> scale = {}) {
  const auto result = try_attention({in.query, in.key, in.value, 0, false, mask, scale});
  REQUIRE(result.has_value());
  const auto& out = std::get<0>(*result);
  const auto width = static_cast<double>(in.query.size(3));
  const auto wanted = expected(in, mask, scale.value_or(1 / std::sqrt(width)));
  CHECK(out.scalar_type() == in.query.scalar_type());
  CHECK((out.to(at::kDouble) - wanted).abs().max().item<double>() < tolerance(in.query.scalar_type()));
}

/// float32 everywhere; bfloat16 where the processor has it.
std::vector<c10::ScalarType> types_here() {
  std::vector<c10::ScalarType> types;
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Inputs in({1, 1, 2, 2, 16}, type);
    if (try_attention({in.query, in.key, in.value, 0, false, kNoMask, {}})) types.push_back(type);
  }
  return types;
}

void prepare() {
  at::set_num_threads(1);
  at::manual_seed(11);
}

}  // namespace

TEST_CASE("attention: gives what the formula gives, for any sizes") {
  prepare();
  for (const auto type : types_here()) {
    for (const auto& sizes : {Sizes{1, 1, 1, 1, 16}, Sizes{2, 3, 31, 31, 32}, Sizes{2, 12, 32, 32, 32},
                              Sizes{1, 2, 33, 33, 64}, Sizes{3, 2, 7, 100, 48}, Sizes{1, 1, 200, 17, 128},
                              Sizes{1, 2, 65, 513, 80}, Sizes{1, 1, 3, 2048, 256}}) {
      INFO(sizes.queries << " queries, " << sizes.keys << " keys, width " << sizes.width << ", type "
                         << type);
      check_close(Inputs(sizes, type));
    }
  }
}

TEST_CASE("attention: a mask of either type, broadcast or not, and a scale are heeded") {
  prepare();
  for (const auto type : types_here()) {
    for (const std::int64_t keys : {5, 16, 37, 130}) {
      const Sizes s{2, 3, keys, keys, 32};
      const Inputs in(s, type);
      auto padding = at::zeros({s.batch, 1, 1, keys});
      padding.slice(0, 1).slice(3, keys / 2).fill_(-kInfinity);
      for (const auto mask_type : {at::kFloat, at::kBFloat16}) {
        check_close(in, padding.to(mask_type));
        check_close(in, padding.to(mask_type).expand({s.batch, 1, keys, keys}).contiguous());
        check_close(in, at::randn({s.heads, keys, keys}).to(mask_type), 0.25);
      }
    }
  }
}

TEST_CASE("attention: texts of a packed batch are kept apart, each as if it were alone") {
  prepare();
  const std::vector<std::int64_t> lengths{1, 40, 16, 5, 66};
  for (const auto type : types_here()) {
    const Inputs in({1, 3, 128, 128, 32}, type);
    const auto mask = packed_mask(lengths, type);
    check_close(in, mask);
    const auto all = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, mask, {}}));
    std::int64_t begin = 0;
    for (const auto length : lengths) {
      const auto alone = [&](const at::Tensor& tensor) { return tensor.slice(2, begin, begin + length); };
      const auto one =
          try_attention({alone(in.query), alone(in.key), alone(in.value), 0, false, kNoMask, {}});
      CHECK(at::equal(alone(all), std::get<0>(*one)));
      begin += length;
    }
  }
}

TEST_CASE("attention: a decoder's packed texts are kept apart, and see only what is before") {
  prepare();
  const std::vector<std::int64_t> lengths{40, 1, 16, 5, 66};
  for (const auto type : types_here()) {
    for (const std::int64_t window : {200, 7}) {
      const Inputs in({1, 3, 128, 128, 32}, type);
      const auto mask = causal_mask(lengths, window, type);
      CHECK(sizes_of(find_causal_segments(mask)) == lengths);
      check_close(in, mask);
      const auto all = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, mask, {}}));
      std::int64_t begin = 0;
      for (const auto length : lengths) {
        const auto alone = [&](const at::Tensor& tensor) { return tensor.slice(2, begin, begin + length); };
        const std::optional<at::Tensor> own = causal_mask({length}, window, type);
        const auto one = try_attention({alone(in.query), alone(in.key), alone(in.value), 0, false, own, {}});
        CHECK(at::equal(alone(all), std::get<0>(*one)));
        begin += length;
      }
    }
  }
}

TEST_CASE("attention: only a decoder's packed mask is taken for one") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const auto mask = causal_mask({3, 1, 4}, 2, type);
    CHECK(sizes_of(find_causal_segments(mask)) == std::vector<std::int64_t>{3, 1, 4});
    for (const auto& [row, column] : {std::pair(0, 1), std::pair(3, 4), std::pair(5, 7), std::pair(7, 0)}) {
      auto other = mask.clone();  // sees what is behind it, or of another text
      other.select(2, row).select(2, column).fill_(0);
      CHECK(find_causal_segments(other).empty());
    }
    CHECK(find_causal_segments(mask.expand({2, 1, 8, 8})).empty());
    CHECK(find_causal_segments(mask.slice(2, 0, 1).expand({1, 1, 8, 8})).empty());
  }
  CHECK(find_causal_segments({}).empty());
}

TEST_CASE("attention: only a packed batch's mask is taken for one") {
  const auto sizes = [](const at::Tensor& mask) { return sizes_of(find_segments(mask)); };
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const auto mask = packed_mask({3, 1, 4}, type);
    CHECK(sizes(mask) == std::vector<std::int64_t>{3, 1, 4});
    CHECK(sizes(mask.expand({1, 2, 8, 8})) == std::vector<std::int64_t>{3, 1, 4});
    for (const auto& [row, column, value] :
         {std::tuple(0, 7, 0.0F), std::tuple(1, 1, -1.0F), std::tuple(5, 4, -kInfinity),
          std::tuple(7, 0, -3e38F), std::tuple(3, 3, -kInfinity)}) {
      auto other = mask.clone();
      other.select(2, row).select(2, column).fill_(value);
      CHECK(sizes(other).empty());
    }
    CHECK(sizes(mask.expand({2, 1, 8, 8})).empty());
    CHECK(sizes(mask.expand({1, 2, 8, 8}).contiguous()).empty());
    CHECK(sizes(mask.slice(2, 0, 4)).empty());
    CHECK(sizes(mask.slice(2, 0, 1).expand({1, 1, 8, 8})).empty());
  }
  CHECK(find_segments({}).empty());
}

TEST_CASE("attention: what is masked has no weight at all, and a row masked as a whole is zero") {
  prepare();
  for (const auto type : types_here()) {
    Inputs in({1, 2, 20, 20, 32}, type);
    auto mask = at::zeros({1, 1, 20, 20});
    mask.slice(3, 10).fill_(-kInfinity);
    const auto before = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, mask, {}}));
    in.value.slice(2, 10).fill_(1e30);
    const auto after = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, mask, {}}));
    CHECK(at::equal(before, after));
    mask.select(2, 3).fill_(-kInfinity);
    const auto masked = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, mask, {}}));
    CHECK(masked.select(2, 3).abs().max().item<float>() == 0);
    CHECK(at::equal(masked.select(2, 4), after.select(2, 4)));
  }
}

TEST_CASE("attention: NaN stays NaN, in its row only") {
  prepare();
  for (const auto type : types_here()) {
    const Inputs in({1, 1, 40, 40, 32}, type);
    in.query.select(2, 5).fill_(std::numeric_limits<float>::quiet_NaN());
    const auto out = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, kNoMask, {}}));
    CHECK(out.select(2, 5).isnan().all().item<bool>());
    CHECK(out.isnan().sum().item<std::int64_t>() == 32);
  }
}

TEST_CASE("attention: large scores do not overflow") {
  prepare();
  for (const auto type : types_here()) {
    Inputs in({1, 1, 20, 33, 32}, type);
    in.query = in.query * 100;
    check_close(in);
  }
}

TEST_CASE("attention: a row does not depend on what else is in the batch") {
  prepare();
  for (const auto type : types_here()) {
    const Inputs in({4, 2, 50, 50, 32}, type);
    const auto all = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, kNoMask, {}}));
    const auto one = std::get<0>(*try_attention(
        {in.query.slice(0, 2, 3), in.key.slice(0, 2, 3), in.value.slice(0, 2, 3), 0, false, kNoMask, {}}));
    CHECK(at::equal(all.slice(0, 2, 3), one));
  }
}

TEST_CASE("attention: has the strides of LibTorch's, however the query is laid out") {
  prepare();
  for (const auto type : types_here()) {
    const Inputs in({2, 3, 5, 7, 32}, type);
    const auto heads_first = in.query.contiguous();  // as after a rotary embedding
    const auto within_wider = at::cat({in.query, in.query}, 3).slice(3, 0, 32);
    const auto same_for_all = in.query.slice(0, 0, 1).expand({2, -1, -1, -1});
    for (const auto& query : {in.query, heads_first, within_wider, same_for_all}) {
      const auto own = try_attention({query, in.key, in.value, 0, false, kNoMask, {}});
      const auto [out, log_sums] =
          at::native::_scaled_dot_product_flash_attention_cpu(query, in.key, in.value);
      CHECK(std::get<0>(*own).strides() == out.strides());
      CHECK(at::allclose(std::get<0>(*own), out, 0.02, 0.02));
      CHECK(std::get<1>(*own).sizes() == log_sums.sizes());
      CHECK(std::get<1>(*own).strides() == log_sums.strides());
      CHECK(std::get<1>(*own).scalar_type() == log_sums.scalar_type());
    }
  }
}

TEST_CASE("attention: what it is not made for is left to LibTorch") {
  prepare();
  const Inputs in({1, 2, 8, 8, 32}, at::kFloat);
  const std::optional<at::Tensor> whole_numbers = at::zeros({8, 8}, at::kLong);
  const std::optional<at::Tensor> gaps = at::zeros({8, 16}).slice(1, 0, 16, 2);
  CHECK_FALSE(try_attention({in.query, in.key, in.value, 0.1, false, kNoMask, {}}).has_value());
  CHECK_FALSE(try_attention({in.query, in.key, in.value, 0, true, kNoMask, {}}).has_value());
  CHECK_FALSE(try_attention({in.query, in.key, in.value, 0, false, whole_numbers, {}}).has_value());
  CHECK_FALSE(try_attention({in.query, in.key, in.value, 0, false, gaps, {}}).has_value());
  for (const double scale : {0.0, -0.5, std::nan("")})
    CHECK_FALSE(try_attention({in.query, in.key, in.value, 0, false, kNoMask, scale}).has_value());
  const auto refused = [](const Inputs& other) {
    return !try_attention({other.query, other.key, other.value, 0, false, kNoMask, {}}).has_value();
  };
  CHECK(refused(Inputs({1, 1, 4, 4, 24}, at::kFloat)));
  CHECK(refused(Inputs({1, 1, 4, 4, 272}, at::kFloat)));
  CHECK(refused(Inputs({1, 1, 1, 2049, 16}, at::kFloat)));
  const Inputs packed({1, 1, 2064, 2064, 16}, at::kFloat);
  const std::optional<at::Tensor> apart = packed_mask({1000, 1064});
  const std::optional<at::Tensor> long_one = packed_mask({2050, 14});
  CHECK(try_attention({packed.query, packed.key, packed.value, 0, false, apart, {}}).has_value());
  CHECK_FALSE(try_attention({packed.query, packed.key, packed.value, 0, false, long_one, {}}).has_value());
  CHECK(refused(Inputs({0, 1, 4, 4, 16}, at::kFloat)));
  CHECK(refused(Inputs({1, 1, 4, 4, 16}, at::kDouble)));
  CHECK(refused(Inputs({1, 1, 4, 4, 16}, at::kHalf)));
  auto turned = in;
  turned.query = in.query.transpose(2, 3).contiguous().transpose(2, 3);
  CHECK(refused(turned));
}

TEST_CASE("attention: any number of threads gives the same") {
  prepare();
  for (const auto type : types_here()) {
    const Inputs in({3, 5, 70, 70, 32}, type);
    const auto alone = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, kNoMask, {}}));
    at::set_num_threads(4);
    const auto shared = std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, kNoMask, {}}));
    at::set_num_threads(1);
    CHECK(at::equal(alone, shared));
  }
}

TEST_CASE("attention: TorchScript comes to it by the dispatcher, and what it refuses still works") {
  prepare();
  if (types_here().empty()) return;
  infer::detail::use_own_attention();
  infer::detail::use_own_attention();
  const Inputs in({2, 2, 40, 40, 32}, at::kFloat);
  const auto called =
      std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(in.query, in.key, in.value));
  CHECK(at::equal(called, std::get<0>(*try_attention({in.query, in.key, in.value, 0, false, kNoMask, {}}))));
  const auto causal =
      std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(in.query, in.key, in.value, 0, true));
  CHECK(at::equal(causal.select(2, 0), in.value.select(2, 0)));
}

TEST_CASE("attention: compiled packages find the program's function, not LibTorch's") {
  Dl_info place{};
  void* const found = dlsym(RTLD_DEFAULT, "aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu");
  REQUIRE(dladdr(found, &place) != 0);
  CHECK_THAT(std::string(place.dli_fname), !Catch::Contains("libtorch"));
}
