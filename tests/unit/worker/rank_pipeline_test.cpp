#include "worker/rank_pipeline.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "unit/model/fake_model.hpp"
#include "unit/worker/pipeline_of_file.hpp"

using namespace infer;
using namespace std::chrono_literals;
using namespace infer::test;

TEST_CASE("rank pipeline: a granted chunk comes out with a row for each record") {
  const ScratchFolder folder;
  const auto config = one_chunk(folder);
  const auto model = std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}},
                                                 [](auto inputs, auto) { return ones(inputs); });
  std::atomic<int> rings{0};
  RankPipeline pipeline(config, {{model}}, [&] { ++rings; });
  pipeline.grant(whole_file(config));
  const auto finished = wait_for_finished(pipeline);
  REQUIRE(finished.size() == 1);
  REQUIRE(finished[0].outputs.size() == 1);
  CHECK(finished[0].outputs[0].rows == kRows);
  CHECK(finished[0].outputs[0].failed == 0);
  CHECK(pipeline.predicted() == 1);
  CHECK(rings >= 1);
}

TEST_CASE("rank pipeline: a chunk that brings its lines needs no file") {
  const ScratchFolder folder;
  auto config = one_chunk(folder);
  config.files.clear();
  const auto model = std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}},
                                                 [](auto inputs, auto) { return ones(inputs); });
  RankPipeline pipeline(config, {{model}}, [] {});
  const auto lines = as_byte_view("{\"x\":1}\n{\"x\":2}\n");
  pipeline.grant({{0, 0, 0, lines.size()}, {}, RawBytes(lines.begin(), lines.end())});
  const auto finished = wait_for_finished(pipeline);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].outputs[0].rows == 2);
  CHECK(finished[0].outputs[0].failed == 0);
}

TEST_CASE(
    "rank pipeline: several runners share the batches of one chunk, and a chunk without a batch goes on "
    "too") {
  const ScratchFolder folder;
  const auto config = one_chunk(folder);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  const auto model =
      std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}}, [&](auto inputs, auto) {
        most = std::max<int>(most, ++inside);
        std::this_thread::sleep_for(100us);
        --inside;
        return ones(inputs);
      });
  RankPipeline pipeline(config, {{model, model, model}}, [] {});
  pipeline.grant(whole_file(config));
  auto finished = wait_for_finished(pipeline);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].outputs[0].rows == kRows);
  CHECK(finished[0].outputs[0].failed == 0);
  CHECK(model->runs == kRows);
  CHECK(most == 3);

  auto broken = one_chunk(folder);
  const auto path = folder.write("broken.jsonl", "{}\n{}\n");
  broken.files = {stat_input(path)};
  RankPipeline none(broken, {{model, model}}, [] {});
  none.grant(whole_file(broken));
  finished = wait_for_finished(none);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].outputs[0].failed == 2);
}

TEST_CASE("rank pipeline: what one of several runners dies of ends the others") {
  const ScratchFolder folder;
  const auto config = one_chunk(folder);
  std::atomic<int> runs{0};
  const auto model = std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}},
                                                 [&](auto inputs, auto) -> std::vector<NamedTensor> {
                                                   if (++runs == 10) throw RunError("device lost");
                                                   std::this_thread::sleep_for(1ms);
                                                   return ones(inputs);
                                                 });
  RankPipeline pipeline(config, {{model, model, model}}, [] {});
  pipeline.grant(whole_file(config));
  CHECK_THROWS_WITH(wait_for_finished(pipeline), "device lost");
  std::this_thread::sleep_for(20ms);
  CHECK(runs < 20);
}

TEST_CASE("rank pipeline: what a stage dies of comes out of take_finished") {
  const ScratchFolder folder;
  const auto config = one_chunk(folder);
  const auto model = std::make_shared<FakeModel>(
      std::vector<ModelArgument>{{"x", false}},
      [](auto, auto) -> std::vector<NamedTensor> { throw RunError("device lost"); });
  RankPipeline pipeline(config, {{model}}, [] {});
  pipeline.grant(whole_file(config));
  CHECK_THROWS_WITH(wait_for_finished(pipeline), "device lost");
}

TEST_CASE("rank pipeline: leaving waits for the batch under way, not for the chunk") {
  const ScratchFolder folder;
  const auto config = one_chunk(folder);
  std::atomic<std::size_t> runs{0};
  const auto model =
      std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}}, [&](auto inputs, auto) {
        ++runs;
        std::this_thread::sleep_for(20ms);
        return ones(inputs);
      });
  {
    RankPipeline pipeline(config, {{model}}, [] {});
    pipeline.grant(whole_file(config));
    while (runs == 0) std::this_thread::sleep_for(1ms);
  }
  CHECK(runs < kRows / 10);
}

TEST_CASE("rank pipeline: tells the step that takes longest, by its stage and chunk, and nothing when idle") {
  const ScratchFolder folder;
  const auto config = one_chunk(folder);
  std::promise<void> release;
  const auto released = release.get_future().share();
  const auto model =
      std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}}, [&](auto inputs, auto) {
        released.wait();
        return ones(inputs);
      });
  RankPipeline pipeline(config, {{model}}, [] {});
  CHECK_FALSE(pipeline.slowest().has_value());
  pipeline.grant(whole_file(config));
  const auto is_in_model = [&] {
    const auto slowest = pipeline.slowest();
    return slowest && slowest->stage == Stage::model && slowest->chunk == 0 && slowest->seconds >= 0.05;
  };
  for (const Deadline deadline(Seconds(20)); !is_in_model() && !deadline.passed();)
    std::this_thread::sleep_for(1ms);
  CHECK(is_in_model());
  release.set_value();
  CHECK(wait_for_finished(pipeline).size() == 1);
  for (const Deadline deadline(Seconds(20)); pipeline.slowest() && !deadline.passed();)
    std::this_thread::sleep_for(1ms);
  CHECK_FALSE(pipeline.slowest().has_value());
}

TEST_CASE("rank pipeline: leaving a model that hangs takes a few seconds, and its late end harms nothing") {
  const bool throws = GENERATE(false, true);
  auto folder = std::make_unique<ScratchFolder>();
  std::promise<void> release;
  std::promise<void> entered;
  std::atomic<bool> first{true};
  std::weak_ptr<FakeModel> left_behind;
  std::atomic<bool> gone{false};
  std::atomic<int> rings_after{0};
  {
    const auto config = one_chunk(*folder);
    auto model =
        std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}}, [&](auto inputs, auto) {
          if (first.exchange(false)) entered.set_value();
          release.get_future().wait();
          if (throws) throw RunError("too late");
          return ones(inputs);
        });
    left_behind = model;
    const Stopwatch watch;
    {
      RankPipeline pipeline(config, {{std::move(model)}}, [&] {
        if (gone) ++rings_after;
      });
      pipeline.grant(whole_file(config));
      REQUIRE(entered.get_future().wait_for(20s) == std::future_status::ready);
    }
    gone = true;
    CHECK(watch.elapsed_s() < 5);
  }
  folder.reset();
  CHECK_FALSE(left_behind.expired());
  release.set_value();
  for (const Deadline deadline(Seconds(20)); !left_behind.expired() && !deadline.passed();)
    std::this_thread::sleep_for(1ms);
  CHECK(left_behind.expired());  // the thread has ended, and with it all it needed
  CHECK(rings_after == 0);
}
