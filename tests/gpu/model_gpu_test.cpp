// Models on a real device: several threads, each with its own stream, beside the CPU.
#include <array>
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "model/device.hpp"
#include "unit/model/fixtures.hpp"

using namespace infer;

namespace {

constexpr int kReplicas = 3;
constexpr int kBatches = 200;

std::vector<float> score(Model& model, std::int64_t rows) {
  return test::values<float>(test::run(model, {test::some_floats(rows, 64)})[0].value);
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

}  // namespace

TEST_CASE("models on a GPU: a package can be asked for its device first") {
  const auto package = test::model_file("exact_sum.pt2");  // the simulated GPUs' tests make it
  if (std::filesystem::exists(package)) CHECK(ModelFile(package).compiled_device() == "cpu");
  CHECK(ModelFile(test::model_file("mlp.pt")).compiled_device().empty());
  CHECK(load_model(ModelFile(test::model_file("mlp.pt")), {"cuda:0"})->info().device == "cuda");
}

TEST_CASE("models on a GPU: the same rows as on the CPU") {
  const auto cpu = test::open_model("mlp.pt");
  const auto gpu = load_model(ModelFile(test::model_file("mlp.pt")), {"cuda:0"});
  gpu->use_this_thread();
  for (const std::int64_t rows : {1, 2, 33, 1024})
    CHECK(largest_difference(score(*gpu, rows), score(*cpu, rows)) < 1e-4F);
}

TEST_CASE("models on a GPU: batches that run at the same time give what one gives alone") {
  const auto model = load_model(ModelFile(test::model_file("mlp.pt")), {"cuda:0", 1, kReplicas});
  model->use_this_thread();
  const auto expected = score(*model, 512);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kReplicas; ++i) {
      threads.emplace_back([&] {
        model->use_this_thread();
        const auto input = test::some_floats(512, 64);
        const std::array dtypes{DType::float32};
        for (int k = 0; k < kBatches; ++k) {
          const auto outputs = model->run({{&input, 1}, dtypes, 512});
          wrong +=
              std::memcmp(outputs[0].value.bytes.data(), expected.data(), outputs[0].value.bytes.size()) != 0;
        }
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("models on a GPU: too little memory is told, and counted") {
  const auto model = load_model(ModelFile(test::model_file("hungry.pt")), {"cuda:0"});
  model->use_this_thread();
  const c10::Device gpu(c10::kCUDA, 0);
  const auto score_with = [&](float mebibytes) {
    return test::values<float>(test::run(*model, {test::floats({1, 2}, {mebibytes, 1})})[0].value);
  };
  const auto before = detail::failed_allocations(gpu);
  CHECK(score_with(1) == std::vector<float>{2});
  CHECK(detail::failed_allocations(gpu) == before);
  CHECK_THROWS_AS(score_with(1 << 20), OutOfMemory);
  CHECK(detail::failed_allocations(gpu) > before);
  CHECK(score_with(1) == std::vector<float>{2});
}
