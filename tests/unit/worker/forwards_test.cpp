#include "worker/forwards.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "unit/worker/predicting.hpp"

using namespace infer;
using namespace infer::test;

namespace {

/// Gives back what it gets, and keeps the rest of the batch.
class Echo final : public Model {
 public:
  const ModelInfo& info() const override { return info_; }
  void use_this_thread() override {}
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    seeds.push_back(batch.seed);
    alone.push_back(batch.alone);
    rows.push_back(batch.rows);
    if (on_run) on_run(batch);
    return {{"own", batch.inputs[0]}};
  }

  std::function<void(const ModelBatch&)> on_run;
  std::vector<std::optional<std::uint64_t>> seeds;
  std::vector<bool> alone;
  std::vector<std::size_t> rows;

 private:
  ModelInfo info_;
};

/// One thread's, of a chunk of six records.
struct Thread {
  explicit Thread(Signature its_signature = scalar_signature(), std::optional<std::uint64_t> seed = {},
                  const BatchLimits& limits = {})
      : signature(std::move(its_signature)), chunk(numbers(6), signature, limits, seed), runner{limits} {}

  Signature signature;
  detail::CutChunk chunk;
  Echo model;
  RunnerState runner;
  detail::ForwardResults results;
  detail::Forwards forwards{chunk, model, runner, results};
};

using Examples = std::vector<std::size_t>;

}  // namespace

TEST_CASE("forwards: outputs have the bundle's names, and the examples whose they are") {
  auto signature = scalar_signature();
  signature.result.outputs = {"told"};
  Thread thread(signature);
  CHECK_FALSE(thread.forwards.try_run(Examples{4, 1}));
  REQUIRE(thread.results.outputs.size() == 1);
  CHECK(thread.results.outputs[0].examples == Examples{4, 1});
  CHECK(thread.results.outputs[0].outputs.at(0).name == "told");
  CHECK(floats_of(thread.results.outputs[0].outputs[0].value) == std::vector<float>{4, 1});
}

TEST_CASE("forwards: what a batch draws hangs on the seed and the place of its first record alone") {
  Thread one(scalar_signature(), 7);
  one.forwards.try_run(Examples{2, 3});
  one.forwards.try_run(Examples{2});
  one.forwards.try_run(Examples{3, 2});
  Thread other(scalar_signature(), 8);
  other.forwards.try_run(Examples{2, 3});
  CHECK(one.model.seeds[0].has_value());
  CHECK(one.model.seeds[0] == one.model.seeds[1]);
  CHECK(one.model.seeds[0] != one.model.seeds[2]);
  CHECK(one.model.seeds[0] != other.model.seeds[0]);
  Thread without;
  without.forwards.try_run(Examples{2, 3});
  CHECK_FALSE(without.model.seeds[0].has_value());
}

TEST_CASE("forwards: a refusal is the record's error, and gives no output") {
  Thread thread;
  thread.model.on_run = [](const ModelBatch& batch) {
    if (batch.rows > 2) throw OutOfMemory("too many");
    if (batch.rows == 2) throw ModelError("two");
  };
  CHECK(thread.forwards.try_run(Examples{0, 1, 2})->code == RecordErrorCode::out_of_memory);
  const auto refused = thread.forwards.try_run(Examples{0, 1}, /*alone=*/true);
  CHECK(refused.value().code == RecordErrorCode::model_error);
  CHECK(refused->message == "two");
  CHECK(thread.results.outputs.empty());
  CHECK(thread.model.alone == std::vector<bool>{false, true});
}

TEST_CASE("forwards: a record alone is given twice where once is refused, unless the model is stateful") {
  BatchLimits one_by_one;
  one_by_one.one_by_one = true;
  for (const bool stateful : {false, true}) {
    Thread thread(scalar_signature(), {}, stateful ? one_by_one : BatchLimits{});
    thread.model.on_run = [](const ModelBatch& batch) {
      if (batch.rows < 2) throw ModelError("too few");
    };
    CHECK(thread.forwards.try_run(Examples{5}).has_value() == stateful);
    CHECK(thread.model.rows == (stateful ? Examples{1} : Examples{1, 2}));
  }
}

TEST_CASE("forwards: the wait for other ranks is not the model's time, and theirs is") {
  constexpr auto kWait = std::chrono::milliseconds(20);
  constexpr std::uint64_t kWaitNs = 20'000'000;
  constexpr std::uint64_t kPassed = 1'000'000'000'000;
  constexpr std::uint64_t kOthers = 5 * kPassed;
  Thread thread;
  thread.model.on_run = [&](const ModelBatch& batch) {
    batch.on_handed_over();
    std::this_thread::sleep_for(kWait);
    batch.on_handed_back(kOthers);
  };
  CHECK(thread.forwards.model_ns(kPassed) == kPassed);
  thread.forwards.try_run(Examples{0});
  CHECK(thread.forwards.model_ns(kPassed) > kOthers);
  CHECK(thread.forwards.model_ns(kPassed) <= kPassed - kWaitNs + kOthers);
}
