#include "kernels/linear.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <sys/resource.h>
#include <torch/csrc/inductor/aoti_torch/c/shim_cpu.h>
#include <torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>
#include <vector>

namespace {

struct Size {
  std::int64_t rows;
  std::int64_t inner;
  std::int64_t outer;
};

/// Both sides of what decides.
constexpr std::array kSizes{Size{1, 2048, 2048}, Size{3, 900, 900},  Size{4, 768, 768},  Size{64, 384, 384},
                            Size{507, 64, 65},   Size{700, 3000, 1}, Size{5000, 7, 100}, Size{0, 512, 512}};

at::Tensor random(at::IntArrayRef shape) { return at::randn(shape, at::TensorOptions(at::kFloat)); }

/// In float64, which nobody replaces.
double error_of(const at::Tensor& result, const at::Tensor& input, const at::Tensor& weight,
                const std::optional<at::Tensor>& bias) {
  auto exact = at::matmul(input.to(at::kDouble), weight.to(at::kDouble).t());
  if (bias) exact = exact + bias->to(at::kDouble);
  REQUIRE(result.sizes() == exact.sizes());
  return result.numel() == 0 ? 0 : (result.to(at::kDouble) - exact).abs().max().item<double>();
}

void check(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  CHECK(error_of(at::linear(input, weight, bias), input, weight, bias) < 1e-3);
}

/// Elsewhere linear layers are LibTorch's.
bool are_ours() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return !__builtin_cpu_is("intel") && __builtin_cpu_supports("avx2") && at::Context::hasMKL() &&
         at::Context::hasMKLDNN();
#else
  return false;
#endif
}

/// The most memory that this process has had at a time.
std::int64_t peak_kib() {
  rusage use{};
  REQUIRE(getrusage(RUSAGE_SELF, &use) == 0);
  return use.ru_maxrss;
}

/// As compiled code has tensors.
AtenTensorHandle handle(const at::Tensor& tensor) {
  return reinterpret_cast<AtenTensorHandle>(const_cast<at::Tensor*>(&tensor));
}

}  // namespace

TEST_CASE("linear: the same values at every size, with a bias and without") {
  infer::detail::use_fast_linear();
  const c10::InferenceMode inference;
  for (const auto& [rows, inner, outer] : kSizes) {
    INFO(rows << " x " << inner << " x " << outer);
    const auto input = random({rows, inner});
    const auto weight = random({outer, inner});
    check(input, weight, std::nullopt);
    check(input, weight, random({outer}));
  }
}

TEST_CASE("linear: more dimensions, other strides and other types") {
  infer::detail::use_fast_linear();
  const c10::InferenceMode inference;
  const auto weight = random({384, 384});
  const auto bias = random({384});
  check(random({3, 40, 384}), weight, bias);
  check(random({2, 3, 40, 384}), weight, bias);
  check(random({384, 100}).t(), weight, bias);
  check(random({100, 384}), weight.t(), bias);
  check(random({100, 768}).slice(1, 0, 768, 2), weight, random({768}).slice(0, 0, 768, 2));
  CHECK(at::linear(random({384}), weight, bias).dim() == 1);
  const auto doubles =
      at::linear(random({100, 384}).to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  CHECK(doubles.scalar_type() == at::kDouble);
  CHECK_THROWS(at::linear(random({100, 383}), weight, bias));
  CHECK_THROWS(at::linear(random({100, 384}), weight, random({383})));
}

TEST_CASE("linear: products of compiled packages, called as they do, into memory that is there") {
  const c10::InferenceMode inference;
  for (const auto& [rows, inner, outer] : kSizes) {
    INFO(rows << " x " << inner << " x " << outer);
    const auto input = random({rows, inner});
    const auto weight = random({outer, inner});
    for (auto transposed : {weight.t(), weight.t().contiguous()}) {  // a weight's, and what is no weight
      auto bias = random({outer});
      auto out = random({rows, outer});
      REQUIRE(aoti_torch_cpu_mm_out(handle(out), handle(input), handle(transposed)) == AOTI_TORCH_SUCCESS);
      CHECK(error_of(out, input, weight, std::nullopt) < 1e-3);
      REQUIRE(aoti_torch_cpu_addmm_out(handle(out), handle(bias), handle(input), handle(transposed), 1, 1) ==
              AOTI_TORCH_SUCCESS);
      CHECK(error_of(out, input, weight, bias) < 1e-3);
      REQUIRE(aoti_torch_cpu_addmm_out(handle(out), handle(bias), handle(input), handle(transposed), 0, 2) ==
              AOTI_TORCH_SUCCESS);
      CHECK(error_of(out, input, 2 * weight, std::nullopt) < 1e-3);
      auto strided = random({outer, rows}).t();
      REQUIRE(aoti_torch_cpu_mm_out(handle(strided), handle(input), handle(transposed)) ==
              AOTI_TORCH_SUCCESS);
      CHECK(error_of(strided, input, weight, std::nullopt) < 1e-3);
    }
  }
}

TEST_CASE("linear: one weight for all matrices of a compiled package's batch is multiplied once") {
  const c10::InferenceMode inference;
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const auto weight = random({96, 64}).to(type);
    const auto weights = weight.t().unsqueeze(0).expand({50, 64, 96});
    const auto input = random({7, 50, 64}).to(type).transpose(0, 1);  // as attention layers transpose it
    auto out = random({50, 7, 96}).to(type);
    REQUIRE(aoti_torch_cpu_bmm_out(handle(out), handle(input), handle(weights)) == AOTI_TORCH_SUCCESS);
    CHECK(error_of(out, input, weight, std::nullopt) < (type == at::kFloat ? 1e-3 : 0.3));
    auto first = at::empty({50, 1, 96}, out.options());
    const auto alone = input.slice(1, 0, 1);
    REQUIRE(aoti_torch_cpu_bmm_out(handle(first), handle(alone), handle(weights)) == AOTI_TORCH_SUCCESS);
    if (are_ours()) CHECK(at::equal(first, out.slice(1, 0, 1)));  // a row's digits, whatever the batch
  }
}

TEST_CASE("linear: a weight that all matrices of a batch share is not copied for each") {
  const c10::InferenceMode inference;
  const auto weight = random({1024, 1024}).to(at::kBFloat16);
  const auto weights = weight.t().unsqueeze(0).expand({512, 1024, 1024});  // copies would be 1 GiB
  const auto input = random({512, 2, 1024}).to(at::kBFloat16);
  auto out = at::empty({512, 2, 1024}, input.options());
  const auto before = peak_kib();
  REQUIRE(aoti_torch_cpu_bmm_out(handle(out), handle(input), handle(weights)) == AOTI_TORCH_SUCCESS);
  CHECK(peak_kib() - before < 100 * 1024);
}

TEST_CASE("linear: batches of matrices that differ stay LibTorch's") {
  const c10::InferenceMode inference;
  const auto input = random({5, 7, 64});
  const auto weights = random({5, 64, 96});
  auto out = random({5, 7, 96});
  REQUIRE(aoti_torch_cpu_bmm_out(handle(out), handle(input), handle(weights)) == AOTI_TORCH_SUCCESS);
  CHECK(at::equal(out, at::bmm(input, weights)));
  const auto narrow = random({5, 7, 63});
  const auto shared = random({64, 96}).expand({5, 64, 96});
  CHECK(aoti_torch_cpu_bmm_out(handle(out), handle(narrow), handle(shared)) != AOTI_TORCH_SUCCESS);
}

TEST_CASE("linear: the same bits every time and on every thread") {
  infer::detail::use_fast_linear();
  const auto input = random({333, 384});
  const auto weight = random({384, 384});
  const auto bias = random({384});
  const auto run = [&] {
    const c10::InferenceMode inference;
    return at::linear(input, weight, bias);
  };
  const auto first = run();
  std::vector<std::jthread> threads;
  std::array<bool, 3> same{};
  for (auto& each : same) {
    threads.emplace_back([&] {
      each = true;
      for (int k = 0; k < 20; ++k) each = each && run().equal(first);
    });
  }
  threads.clear();
  for (const bool each : same) CHECK(each);
}

TEST_CASE("linear: LibTorch's own is replaced where MKL is slow, and only there") {
  infer::detail::use_fast_linear();
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("aten::linear", "");
  bool is_slow_here = false;
#if defined(__x86_64__)
  is_slow_here = !__builtin_cpu_is("intel") && at::Context::hasMKL() && at::Context::hasMKLDNN();
#endif
  CHECK(op.hasKernelForDispatchKey(c10::DispatchKey::CPU) == is_slow_here);
}

TEST_CASE("linear: a row's digits do not depend on how many there are") {
  if (!are_ours()) return;
  infer::detail::use_fast_linear();
  const c10::InferenceMode inference;
  for (const auto& [inner, outer] :
       std::array{std::array{128, 128}, std::array{384, 1536}, std::array{1536, 384}, std::array{64, 64},
                  std::array{64, 1}, std::array{1000, 1}, std::array{7, 3}, std::array{1, 5}}) {
    const auto weight = random({outer, inner});
    const auto bias = random({outer});
    const auto input =
        random({700, 2 * inner}).slice(1, 0, inner);  // where one row is contiguous, two are not
    const auto together = at::linear(input, weight, bias);
    for (const std::int64_t rows : {1, 2, 3, 5, 16, 17, 100, 699}) {
      INFO(rows << " x " << inner << " x " << outer);
      const auto some = input.slice(0, 0, rows);
      CHECK(at::equal(at::linear(some, weight, bias), together.slice(0, 0, rows)));
      auto product = at::empty({rows, outer});
      REQUIRE(aoti_torch_cpu_addmm_out(handle(product), handle(bias), handle(some), handle(weight.t()), 1,
                                       1) == AOTI_TORCH_SUCCESS);
      CHECK(at::equal(product, together.slice(0, 0, rows)));
    }
  }
}

TEST_CASE("linear: the same of weights that compiled packages have packed") {
  const c10::InferenceMode inference;
  const auto pack = c10::Dispatcher::singleton().findSchema({"mkldnn::_reorder_linear_weight", ""});
  if (!pack || !at::Context::hasMKLDNN()) return;
  const auto weight = random({384, 1536});
  const auto packed =
      pack->typed<at::Tensor(const at::Tensor&, std::optional<c10::SymInt>)>().call(weight, 16);
  const auto input = random({64, 1536});
  const auto product = [&](const at::Tensor& rows) {
    AtenTensorHandle result = nullptr;
    REQUIRE(aoti_torch_cpu__linear_pointwise(handle(rows), handle(packed), nullptr, "none", nullptr, 0,
                                             nullptr, &result) == AOTI_TORCH_SUCCESS);
    const auto taken = *reinterpret_cast<at::Tensor*>(result);
    aoti_torch_delete_tensor_object(result);
    return taken;
  };
  const auto together = product(input);
  for (const std::int64_t rows : {1, 2, 7}) {
    const auto some = product(input.slice(0, 0, rows));
    CHECK(some.sizes() == at::IntArrayRef({rows, 384}));
    CHECK(at::equal(some, together.slice(0, 0, rows)));
  }
}
