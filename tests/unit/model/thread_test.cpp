#include <ATen/Parallel.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "unit/model/fixtures.hpp"

namespace infer {
namespace {

using Catch::Contains;

/// Thread count of LibTorch on a thread of its own, after use_this_thread().
int threads_seen(Model& model) {
  int seen = 0;
  std::thread([&] {
    model.use_this_thread();
    seen = at::get_num_threads();
  }).join();
  return seen;
}

std::string refusal(const std::string& device) {
  return test::message_of<UsageError>([&] {
    load_model(ModelFile(test::model_file("mlp.pt")), {device, 1});
  });
}

}  // namespace

TEST_CASE("threads: the count holds on the thread that asked, whatever other threads use") {
  const auto one = load_model(ModelFile(test::model_file("mlp.pt")), {"cpu", 1});
  const auto three = load_model(ModelFile(test::model_file("mlp.pt")), {"cpu", 3});
  CHECK(threads_seen(*three) == 3);
  CHECK(threads_seen(*one) == 1);
  CHECK(threads_seen(*three) == 3);
  CHECK(at::get_num_interop_threads() == 1);
}

TEST_CASE("threads: a model works on a thread that did not load it") {
  const auto model = load_model(ModelFile(test::model_file("exact_sum.pt")), {"cpu", 1});
  std::vector<float> result;
  std::thread([&] {
    model->use_this_thread();
    result =
        test::values<float>(test::run(*model, {test::floats({1, 8}, {1, 0, 0, 0, 0, 0, 0, 1})})[0].value);
  }).join();
  CHECK(result == std::vector<float>{9});
}

TEST_CASE("threads: replicas of one model run at the same time and give what one gives alone") {
  const auto model = load_model(ModelFile(test::model_file("mlp.pt")), {"cpu", 1, 4});
  model->use_this_thread();  // sums of another number of threads may differ in their last bit
  const auto input = test::some_floats(5, 64);
  const auto expected = test::run(*model, {input});
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        model->use_this_thread();
        const std::array dtypes{DType::float32};
        const ModelBatch batch{{&input, 1}, dtypes, 5};
        for (int k = 0; k < 200; ++k)
          wrong += !std::ranges::equal(model->run(batch)[0].value.bytes, expected[0].value.bytes);
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("threads: a module that keeps something between calls is run by one thread at a time") {
  const auto model = load_model(ModelFile(test::model_file("counts_calls.pt")), {"cpu", 1, 4});
  const auto input = test::floats({1, 1}, {0});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        model->use_this_thread();
        const std::array dtypes{DType::float32};
        const ModelBatch batch{{&input, 1}, dtypes, 1};
        for (int k = 0; k < 500; ++k) model->run(batch);
      });
    }
  }
  CHECK(test::values<float>(test::run(*model, {input})[0].value).at(0) == 2001);
}

TEST_CASE(
    "threads: loading switches off TorchScript's profiling, which would rewrite the program between calls") {
  torch::jit::getProfilingMode() = true;
  load_model(ModelFile(test::model_file("mlp.pt")), {"cpu", 1});
  CHECK_FALSE(torch::jit::getProfilingMode());
}

TEST_CASE("device: unknown names are refused") {
  CHECK_THAT(refusal("tpu"), Contains("device \"tpu\" is unknown") && Contains("cpu, cuda or cuda:K"));
  CHECK_THAT(refusal("cuda:"), Contains("is unknown"));
  CHECK_THAT(refusal("cuda:1x"), Contains("is unknown"));
  CHECK_THAT(refusal("cuda:-1"), Contains("is unknown"));
}

TEST_CASE("device: a GPU that is not there is refused with the reason") {
  const auto count = visible_cuda_devices();
  const auto message = refusal("cuda:" + std::to_string(count));
  if (count == 0) {
    CHECK_THAT(message, Contains("cannot use device cuda:0") && Contains("use --device cpu"));
  } else {
    CHECK_THAT(message, Contains("this process sees " + std::to_string(count)));
  }
}

}  // namespace infer
