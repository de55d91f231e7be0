#include "start/trial_in_time.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>

#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

const std::vector<std::string_view> kRecords{R"({"x":1.5})", R"({"x":2.5})", R"({"x":0.5})"};

RunConfig with_limit(double seconds) {
  RunConfig config;
  config.stops.stall_timeout = Seconds(seconds);
  return config;
}

std::shared_ptr<FakeModel> model_that(std::function<void()> does_first) {
  return std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}},
                                     [does_first = std::move(does_first)](Inputs inputs, DTypes) {
                                       does_first();
                                       return scores(inputs);
                                     });
}

}  // namespace

TEST_CASE("trial in time: a forward that never ends is an error, and what it uses stays") {
  const auto end = std::make_shared<std::latch>(1);
  auto model = model_that([end] { end->wait(); });
  const std::weak_ptr<Model> watched = model;
  const auto message = message_of<RunError>(
      [&] { resolve_in_time(std::move(model), {}, with_limit(0.1), raw_chunk(kRecords), "rank 0 (here)"); });
  CHECK_THAT(message, Contains("rank 0 (here)") && Contains("for 0.1 s (--stall-timeout)"));
  CHECK(!watched.expired());
  end->count_down();
  while (!watched.expired()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_CASE("trial in time: the limit is one forward's, not the whole trial's") {
  const auto model = model_that([] { std::this_thread::sleep_for(std::chrono::milliseconds(250)); });
  const auto config = with_limit(1);
  const Stopwatch watch;
  const auto resolved = resolve_in_time(model, {}, config, raw_chunk(kRecords), "");
  CHECK(watch.elapsed_s() > config.stops.stall_timeout.count());
  CHECK(resolved.signature.inputs.at(0).name == "x");
}

TEST_CASE("trial in time: what the trial throws arrives as it is") {
  const auto model = model_that([] { throw ModelError("wrong dtype"); });
  const auto message =
      message_of<UsageError>([&] { resolve_in_time(model, {}, with_limit(60), raw_chunk(kRecords), ""); });
  CHECK_THAT(message, Contains("the model refused the first records") && Contains("wrong dtype"));
}
