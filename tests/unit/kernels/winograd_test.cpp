#include "kernels/convolution/winograd.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_torch/c/shim_cpu.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/convolution/winograd_loops.hpp"
#include "kernels/instructions.hpp"

using infer::detail::ConvolutionShape;

namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;
constexpr std::array<std::int64_t, 2> kOnes{1, 1};
constexpr std::array<std::int64_t, 2> kTwos{2, 2};

struct Layer {
  std::int64_t channels, outputs, height, width, down, across;  // the last two: padding
};

/// Whole tiles and not, several panels of outputs and a part of one, every padding.
constexpr std::array kLayers{Layer{64, 64, 14, 14, 1, 1},  Layer{32, 80, 13, 18, 1, 1},
                             Layer{48, 32, 14, 15, 0, 0},  Layer{32, 144, 28, 12, 2, 1},
                             Layer{128, 64, 12, 56, 0, 2}, Layer{256, 256, 14, 14, 1, 1}};

struct Convolution {
  Layer layer;
  at::Tensor weight, bias;
  std::array<std::int64_t, 2> padding;

  explicit Convolution(const Layer& of)
      : layer(of),
        weight((at::randn({of.outputs, of.channels, 3, 3}) * 0.05).contiguous(kLast)),
        bias(at::randn({of.outputs})),
        padding{of.down, of.across} {}

  [[nodiscard]] at::Tensor input(std::int64_t batch) const {
    return at::randn({batch, layer.channels, layer.height, layer.width}).contiguous(kLast);
  }
  [[nodiscard]] ConvolutionShape shape(const at::Tensor& input) const {
    return {input, weight, padding, kOnes, kOnes, 1};
  }
  [[nodiscard]] at::Tensor exact(const at::Tensor& input) const {
    return at::conv2d(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, padding);
  }
};

AtenTensorHandle handle(const at::Tensor& tensor) {
  return reinterpret_cast<AtenTensorHandle>(const_cast<at::Tensor*>(&tensor));
}

at::Tensor taken(AtenTensorHandle result) {
  const std::unique_ptr<at::Tensor> owned(reinterpret_cast<at::Tensor*>(result));
  return *owned;
}

/// As compiled code calls it.
at::Tensor compiled(const Convolution& one, const at::Tensor& input, const char* activation,
                    std::array<std::int64_t, 2> stride = kOnes) {
  auto bias = handle(one.bias);
  const double* scalar = nullptr;
  const char* algorithm = "";
  AtenTensorHandle result = nullptr;
  REQUIRE(aoti_torch_cpu_mkldnn__convolution_pointwise(
              handle(input), handle(one.weight), &bias, one.padding.data(), 2, stride.data(), 2, kOnes.data(),
              2, 1, activation, &scalar, 1, &algorithm, &result) == AOTI_TORCH_SUCCESS);
  return taken(result);
}

at::Tensor compiled_sum(const Convolution& one, const at::Tensor& input, const at::Tensor& other,
                        bool rectified, bool in_place) {
  auto bias = handle(one.bias);
  double factor = 1;
  const char* relu = "relu";
  const char** const activation = rectified ? &relu : nullptr;
  AtenTensorHandle result = nullptr;
  const auto error =
      in_place
          ? aoti_torch_cpu_mkldnn__convolution_pointwise_binary_(
                handle(other), handle(input), handle(one.weight), &bias, one.padding.data(), 2, kOnes.data(),
                2, kOnes.data(), 2, 1, "add", &factor, activation, nullptr, 0, nullptr, &result)
          : aoti_torch_cpu_mkldnn__convolution_pointwise_binary(
                handle(input), handle(other), handle(one.weight), &bias, one.padding.data(), 2, kOnes.data(),
                2, kOnes.data(), 2, 1, "add", &factor, activation, nullptr, 0, nullptr, &result);
  REQUIRE(error == AOTI_TORCH_SUCCESS);
  return taken(result);
}

/// Of the largest value: a float32 convolution of these sizes is 1e-6 off at most.
double error_of(const at::Tensor& result, const at::Tensor& exact) {
  REQUIRE(result.sizes() == exact.sizes());
  const auto difference = (result.to(at::kDouble) - exact).abs().max().item<double>();
  return difference / exact.abs().max().item<double>();
}

constexpr double kAllowed = 6e-6;

bool is_here() { return infer::detail::has_avx2() && at::Context::hasMKLDNN(); }

}  // namespace

TEST_CASE("winograd: the values of a convolution, of every size and batch") {
  if (!is_here()) return;
  const c10::InferenceMode inference;
  for (std::size_t at = 0; at < kLayers.size(); ++at) {
    const Convolution one(kLayers[at]);
    for (const std::int64_t batch : {1, 2, 5}) {
      INFO("layer " << at << ", batch " << batch);
      const auto input = one.input(batch);
      REQUIRE(infer::detail::is_for_winograd(one.shape(input)));
      const auto exact = one.exact(input);
      const auto result = compiled(one, input, "none");
      CHECK(error_of(result, exact) < kAllowed);
      CHECK(result.is_contiguous(kLast));
      CHECK(at::equal(compiled(one, input, "relu"), at::relu(result)));
    }
  }
}

TEST_CASE("winograd: sums with another tensor, in place and not") {
  if (!is_here()) return;
  const c10::InferenceMode inference;
  const Convolution one(kLayers[1]);
  const auto input = one.input(3);
  const auto exact = one.exact(input);
  const auto other = at::randn(exact.sizes(), at::TensorOptions(at::kFloat)).contiguous(kLast);
  for (const bool rectified : {false, true}) {
    const auto sum = exact + other.to(at::kDouble);
    const auto result = compiled_sum(one, input, other, rectified, false);
    CHECK(error_of(result, rectified ? at::relu(sum) : sum) < kAllowed);
    const auto place = other.clone();
    CHECK(at::equal(compiled_sum(one, input, place, rectified, true), result));
    CHECK(at::equal(place, result));
  }
  const auto one_channel = other.narrow(1, 0, 1).contiguous(kLast);
  CHECK(error_of(compiled_sum(one, input, one_channel, false, false), exact + one_channel.to(at::kDouble)) <
        kAllowed);
}

TEST_CASE("winograd: a row's bits do not depend on its batch, its place or the threads") {
  if (!is_here()) return;
  const c10::InferenceMode inference;
  const auto threads = at::get_num_threads();
  for (const auto& layer : kLayers) {
    const Convolution one(layer);
    const auto input = one.input(17);
    at::set_num_threads(1);
    const auto together = compiled(one, input, "relu");
    at::set_num_threads(3);
    CHECK(at::equal(compiled(one, input, "relu"), together));
    for (const std::int64_t rows : {1, 2, 3, 4, 7, 16}) {
      INFO(layer.channels << " x " << layer.height << ", " << rows << " rows");
      CHECK(at::equal(compiled(one, input.narrow(0, 17 - rows, rows).clone(kLast), "relu"),
                      together.narrow(0, 17 - rows, rows)));
    }
  }
  at::set_num_threads(threads);
}

TEST_CASE("winograd: what is no number stays in its picture, and is not rectified away") {
  if (!is_here()) return;
  const c10::InferenceMode inference;
  const Convolution one(kLayers[0]);
  const auto input = one.input(3);
  const auto expected = compiled(one, input, "relu");
  for (const auto value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto broken = input.clone();
    broken[1][5][6][7] = value;
    const auto result = compiled(one, broken, "relu");
    CHECK(at::equal(result[0], expected[0]));
    CHECK(at::equal(result[2], expected[2]));
    CHECK_FALSE(at::isfinite(result[1]).all().item<bool>());
  }
}

TEST_CASE("winograd: not for what it does not pay for, nor what it cannot") {
  if (!is_here()) return;
  const c10::InferenceMode inference;
  const Convolution one(kLayers[0]);
  const auto input = one.input(2);
  const auto is = [](const ConvolutionShape& shape) { return infer::detail::is_for_winograd(shape); };
  CHECK(is(one.shape(input)));
  CHECK_FALSE(is({input, one.weight, one.padding, kTwos, kOnes, 1}));
  CHECK_FALSE(is({input, one.weight, one.padding, kOnes, kTwos, 1}));
  CHECK_FALSE(is({input, at::randn({64, 32, 3, 3}), one.padding, kOnes, kOnes, 2}));
  CHECK_FALSE(is({input, at::randn({64, 64, 5, 5}), one.padding, kOnes, kOnes, 1}));
  CHECK_FALSE(is({input, at::randn({64, 64, 1, 1}), one.padding, kOnes, kOnes, 1}));
  CHECK_FALSE(is({input, at::randn({24, 64, 3, 3}), one.padding, kOnes, kOnes, 1}));
  CHECK_FALSE(is({input, one.weight.to(at::kDouble), one.padding, kOnes, kOnes, 1}));
  CHECK_FALSE(is(one.shape(input.contiguous())));
  CHECK_FALSE(is(one.shape(input.to(at::kBFloat16))));
  CHECK_FALSE(is(one.shape(input.narrow(2, 0, 7).clone(kLast))));
  CHECK_FALSE(is(one.shape(input.narrow(2, 0, 0).clone(kLast))));
  const auto expected =
      at::conv2d(input.to(at::kDouble), one.weight.to(at::kDouble), one.bias.to(at::kDouble), 2, 1);
  CHECK(error_of(compiled(one, input, "none", kTwos), expected) < kAllowed);
  CHECK(error_of(compiled(one, input, "tanh"), at::tanh(one.exact(input))) < kAllowed);
}

TEST_CASE("winograd: a bias that lies scattered") {
  if (!is_here()) return;
  const c10::InferenceMode inference;
  Convolution one(kLayers[0]);
  one.bias = at::randn({128}).slice(0, 0, 128, 2);
  const auto input = one.input(2);
  CHECK(error_of(compiled(one, input, "none"), one.exact(input)) < kAllowed);
}

TEST_CASE("winograd: a weight that is written over is transformed anew") {
  if (!is_here()) return;
  const at::NoGradGuard no_gradients;
  Convolution one(kLayers[0]);
  const auto input = one.input(2);
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(error_of(compiled(one, input, "none"), one.exact(input)) < kAllowed);
    one.weight.mul_(-2);
  }
}

#if defined(__x86_64__)
namespace infer::detail::avx2 {
extern const WinogradLoops kWinograd;
}  // namespace infer::detail::avx2

TEST_CASE("winograd: the loops for AVX2 give what this processor's give") {
  if (!is_here()) return;
  constexpr std::size_t kChannels = 32;
  constexpr std::size_t kStride = 40;
  const auto values = at::randn({infer::detail::kPatchPixels, kChannels});
  const auto added = at::randn({infer::detail::kTilePixels, kChannels});
  const auto run = [&](const infer::detail::WinogradLoops& loops) {
    std::vector<float> transformed(infer::detail::kPatchPixels * kStride);
    std::array<const float*, infer::detail::kPatchPixels> pixels{};
    for (std::size_t k = 0; k < pixels.size(); ++k)
      pixels[k] = values.const_data_ptr<float>() + k * kChannels;
    loops.begin_tile(pixels.data(), kChannels, transformed.data(), kStride);
    auto results = at::empty_like(added);
    std::array<float*, infer::detail::kTilePixels> to{};
    std::array<const float*, infer::detail::kTilePixels> summands{};
    for (std::size_t k = 0; k < to.size(); ++k) {
      to[k] = results.mutable_data_ptr<float>() + k * kChannels;
      summands[k] = added.const_data_ptr<float>() + k * kChannels;
    }
    loops.end_tile(transformed.data(), kStride, kChannels, {to.data(), nullptr, summands.data(), true});
    return results;
  };
  CHECK(at::allclose(run(infer::detail::winograd_loops()), run(infer::detail::avx2::kWinograd), 1e-5, 1e-5));
}
#endif
