#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/mkldnn_convolution_native.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_torch/c/shim_cpu.h>

#include <array>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "kernels/convolution/packed_weights.hpp"

namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

struct Layer {
  std::int64_t channels, outputs, kernel, stride, padding, dilation, groups, side;
};

/// A network's that are not for Winograd: the first, wide and narrow ones, by groups, by channel, with holes.
constexpr std::array kLayers{Layer{3, 64, 7, 2, 3, 1, 1, 56},   Layer{64, 64, 3, 1, 1, 1, 1, 9},
                             Layer{64, 256, 1, 1, 0, 1, 1, 14}, Layer{256, 128, 1, 2, 0, 1, 1, 14},
                             Layer{48, 96, 3, 1, 1, 1, 4, 9},   Layer{40, 40, 5, 1, 2, 1, 40, 9},
                             Layer{32, 32, 3, 1, 2, 2, 1, 11},  Layer{17, 5, 3, 1, 0, 1, 1, 7}};

/// A convolution with its tensors.
struct Convolution {
  Layer layer;
  at::Tensor weight, bias;

  explicit Convolution(const Layer& of, at::ScalarType type = at::kFloat)
      : layer(of),
        weight(at::randn({of.outputs, of.channels / of.groups, of.kernel, of.kernel})
                   .to(type)
                   .contiguous(kLast)),
        bias(at::randn({of.outputs}).to(type)) {}

  [[nodiscard]] at::Tensor input(std::int64_t batch) const {
    return at::randn({batch, layer.channels, layer.side, layer.side})
        .to(weight.scalar_type())
        .contiguous(kLast);
  }
  [[nodiscard]] std::array<std::int64_t, 2> padding() const { return {layer.padding, layer.padding}; }
  [[nodiscard]] std::array<std::int64_t, 2> stride() const { return {layer.stride, layer.stride}; }
  [[nodiscard]] std::array<std::int64_t, 2> dilation() const { return {layer.dilation, layer.dilation}; }

  /// LibTorch's.
  [[nodiscard]] at::Tensor expected(const at::Tensor& input) const {
    return at::native::mkldnn_convolution(input, weight, bias, padding(), stride(), dilation(), layer.groups);
  }
  [[nodiscard]] std::optional<at::Tensor> packed(const at::Tensor& input) const {
    const auto [padded, strides, holes] = std::array{padding(), stride(), dilation()};
    return infer::detail::packed_weight({input, weight, padded, strides, holes, layer.groups});
  }
  /// As a scripted model comes to it.
  [[nodiscard]] at::Tensor scripted(const at::Tensor& input) const {
    return at::convolution(input, weight, bias, stride(), padding(), dilation(), false, {0, 0}, layer.groups);
  }
};

AtenTensorHandle handle(const at::Tensor& tensor) {
  return reinterpret_cast<AtenTensorHandle>(const_cast<at::Tensor*>(&tensor));
}

at::Tensor taken(AtenTensorHandle result) {
  const std::unique_ptr<at::Tensor> owned(reinterpret_cast<at::Tensor*>(result));
  return *owned;
}

/// As compiled code calls it: with a rectifier, which is `kind` "relu".
at::Tensor compiled(const Convolution& one, const at::Tensor& input, const char* kind) {
  const auto [padding, stride, dilation] = std::array{one.padding(), one.stride(), one.dilation()};
  auto bias = handle(one.bias);
  const double* scalar = nullptr;
  const char* algorithm = "";
  AtenTensorHandle result = nullptr;
  REQUIRE(aoti_torch_cpu_mkldnn__convolution_pointwise(
              handle(input), handle(one.weight), &bias, padding.data(), 2, stride.data(), 2, dilation.data(),
              2, one.layer.groups, kind, &scalar, 1, &algorithm, &result) == AOTI_TORCH_SUCCESS);
  return taken(result);
}

/// The same, added to `other`, in place or not.
at::Tensor compiled_sum(const Convolution& one, const at::Tensor& input, at::Tensor other, bool in_place) {
  const auto [padding, stride, dilation] = std::array{one.padding(), one.stride(), one.dilation()};
  auto bias = handle(one.bias);
  double alpha = 1;
  AtenTensorHandle result = nullptr;
  const auto error =
      in_place
          ? aoti_torch_cpu_mkldnn__convolution_pointwise_binary_(
                handle(other), handle(input), handle(one.weight), &bias, padding.data(), 2, stride.data(), 2,
                dilation.data(), 2, one.layer.groups, "add", &alpha, nullptr, nullptr, 0, nullptr, &result)
          : aoti_torch_cpu_mkldnn__convolution_pointwise_binary(
                handle(input), handle(other), handle(one.weight), &bias, padding.data(), 2, stride.data(), 2,
                dilation.data(), 2, one.layer.groups, "add", &alpha, nullptr, nullptr, 0, nullptr, &result);
  REQUIRE(error == AOTI_TORCH_SUCCESS);
  return taken(result);
}

bool has_onednn() { return at::Context::hasMKLDNN(); }

/// bfloat16 needs instructions that not every processor has.
bool computes(at::ScalarType type) {
  try {
    const Convolution one(kLayers[1], type);
    return one.expected(one.input(1)).defined();
  } catch (const c10::Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("packed weights: the same bits and layout as without, of every kind of layer and any batch") {
  if (!has_onednn()) return;
  infer::detail::use_own_convolutions();
  const c10::InferenceMode inference;
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    if (!computes(type)) continue;
    for (std::size_t at = 0; at < kLayers.size(); ++at) {
      const Convolution one(kLayers[at], type);
      for (const std::int64_t batch : {3, 1, 2, 16}) {  // from the second on packed
        INFO("layer " << at << ", batch " << batch << ", " << c10::toString(type));
        const auto input = one.input(batch);
        const auto expected = one.expected(input);
        for (const auto& result : {one.scripted(input), compiled(one, input, "none")}) {
          CHECK(at::equal(result, expected));
          CHECK(result.strides() == expected.strides());
        }
        CHECK(at::equal(compiled(one, input, "relu"), at::relu(expected)));
      }
      CHECK(one.packed(one.input(4)).has_value());
    }
  }
}

TEST_CASE("packed weights: sums with another tensor, in place and not") {
  if (!has_onednn()) return;
  const c10::InferenceMode inference;
  const Convolution one(kLayers[2]);
  for (int turn = 0; turn < 3; ++turn) {
    const auto input = one.input(5);
    const auto other = at::randn({5, 256, 14, 14}).contiguous(kLast);
    const auto expected = one.expected(input) + other;
    const auto sum = compiled_sum(one, input, other, false);
    CHECK(at::allclose(sum, expected, 1e-5, 1e-5));
    auto place = other.clone();
    CHECK(at::equal(compiled_sum(one, input, place, true), sum));
    CHECK(at::equal(place, sum));
  }
}

TEST_CASE("packed weights: a row's bits do not depend on its batch") {
  if (!has_onednn()) return;
  infer::detail::use_own_convolutions();
  const c10::InferenceMode inference;
  for (const auto& layer : kLayers) {
    const Convolution one(layer);
    const auto input = one.input(16);
    const auto together = compiled(one, input, "relu");
    const auto scripted = one.scripted(input);
    for (const std::int64_t rows : {1, 2, 3, 4, 7, 15}) {
      const auto some = input.narrow(0, 16 - rows, rows).clone();
      CHECK(at::equal(compiled(one, some, "relu"), together.narrow(0, 16 - rows, rows)));
      CHECK(at::equal(one.scripted(some), scripted.narrow(0, 16 - rows, rows)));
    }
  }
}

TEST_CASE("packed weights: a scripted model's own, not the copy that LibTorch makes of it at each call") {
  if (!has_onednn()) return;
  infer::detail::use_own_convolutions();
  const c10::InferenceMode inference;
  Convolution one(kLayers[1]);
  one.weight = one.weight.contiguous();
  const auto input = one.input(3);
  const auto expected = one.expected(input);
  for (int turn = 0; turn < 3; ++turn) {
    const auto before = infer::detail::packed_weights();
    const auto result = one.scripted(input);
    CHECK(at::equal(result, expected));
    CHECK(result.strides() == expected.strides());
    CHECK(infer::detail::packed_weights() <= (turn == 0 ? before + 1 : before));
  }
  CHECK(one.packed(input).has_value());
  CHECK_THROWS(one.scripted(input.to(at::kDouble)));
  CHECK_THROWS(one.scripted(input.narrow(1, 0, 63)));
}

TEST_CASE("packed weights: not where the result would have another layout") {
  if (!has_onednn()) return;
  infer::detail::use_own_convolutions();
  const c10::InferenceMode inference;
  Convolution one(kLayers[1]);
  one.weight = one.weight.contiguous();
  const auto input = one.input(3).contiguous();
  for (int turn = 0; turn < 3; ++turn) {
    const auto expected = one.expected(input);
    CHECK_FALSE(one.packed(input).has_value());
    for (const auto& result : {one.scripted(input), compiled(one, input, "none")}) {
      CHECK(at::equal(result, expected));
      CHECK(result.is_contiguous());
    }
  }
}

TEST_CASE("packed weights: one that the model computes anew is not kept, nor one that is gone") {
  if (!has_onednn()) return;
  const c10::InferenceMode inference;
  const Convolution other(kLayers[0]);
  static_cast<void>(other.packed(other.input(1)));
  const auto before = infer::detail::packed_weights();
  for (int turn = 0; turn < 20; ++turn) {
    const Convolution one(kLayers[1]);
    const auto input = one.input(2);
    CHECK_FALSE(one.packed(input).has_value());
    CHECK(one.packed(input).has_value());
    CHECK(at::equal(compiled(one, input, "none"), one.expected(input)));
    CHECK(infer::detail::packed_weights() <= before + 1);
  }
}

TEST_CASE("packed weights: values that are written over are packed anew") {
  if (!has_onednn()) return;
  const at::NoGradGuard no_gradients;
  Convolution one(kLayers[1]);
  const auto input = one.input(2);
  for (int turn = 0; turn < 6; ++turn) {
    if (turn % 3 == 0) one.weight.mul_(-2);
    CHECK(at::equal(compiled(one, input, "none"), one.expected(input)));
  }
  CHECK(one.packed(input).has_value());
}

TEST_CASE("packed weights: two layers with other groups have one weight") {
  if (!has_onednn()) return;
  const c10::InferenceMode inference;
  const Convolution one(kLayers[4]);
  auto other = one;
  other.layer.groups = 2;
  other.layer.channels = 24;
  for (int turn = 0; turn < 3; ++turn) {
    for (const auto& each : {one, other}) {
      const auto input = each.input(2);
      CHECK(at::equal(compiled(each, input, "none"), each.expected(input)));
    }
  }
}

TEST_CASE("packed weights: several threads use one weight from the first batch on") {
  if (!has_onednn()) return;
  const Convolution one(kLayers[1]);
  const auto input = one.input(4);
  const auto expected = one.expected(input);
  std::array<bool, 4> same{};
  std::vector<std::jthread> threads;
  for (auto& each : same) {
    threads.emplace_back([&] {
      const c10::InferenceMode inference;
      each = true;
      for (int k = 0; k < 20; ++k)
        each = each && at::equal(one.packed(input) ? compiled(one, input, "none") : expected, expected);
    });
  }
  threads.clear();
  for (const bool each : same) CHECK(each);
}
