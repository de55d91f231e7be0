#include "start/runners.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;

using Names = std::vector<std::string>;

TEST_CASE("device: auto is the CPU without GPUs, else the local rank's GPU") {
  CHECK(choose_devices("auto", {0, 3, 4}) == Names{"cpu"});
  CHECK(choose_devices("auto", {4, 3, 4}) == Names{"cuda:3"});
  CHECK(choose_devices("cuda", {4, 1, 2}) == Names{"cuda:1"});
  CHECK(choose_devices("cpu", {4, 1, 2}) == Names{"cpu"});
  CHECK(choose_devices("cuda:2", {4, 0, 1}) == Names{"cuda:2"});
}

TEST_CASE("device: a rank may have several GPUs, each once") {
  CHECK(choose_devices("cuda:0,cuda:3", {4, 0, 1}) == Names{"cuda:0", "cuda:3"});
  CHECK_THAT(message_of<UsageError>([] {
               choose_devices("cuda:1,cuda:2,cuda:1", {4, 0, 1});
             }),
             Contains("cuda:1 twice"));
  for (const auto* flag : {"cuda:0,", ",cuda:0", "cuda:0,cpu", "cuda:0,auto", "cuda:0, cuda:1", "cpu,cpu"})
    CHECK_THROWS_AS(choose_devices(flag, {4, 0, 1}), UsageError);
}

TEST_CASE("runners: on a CPU as many one-thread replicas as cores, unless told otherwise") {
  const auto runners_of = [](std::optional<int> replicas, std::optional<int> threads, int cores, int gpus) {
    ResourceOptions resources;
    resources.replicas = replicas;
    resources.threads = threads;
    const auto runners = choose_runners(resources, cores, {gpus, 0, 1});
    return std::pair(runners.replicas, runners.threads);
  };
  const std::optional<int> unset;
  CHECK(runners_of(unset, unset, 8, 0) == std::pair(8, 1));
  CHECK(runners_of(unset, 4, 8, 0) == std::pair(2, 4));
  CHECK(runners_of(unset, 3, 8, 0) == std::pair(2, 3));
  CHECK(runners_of(unset, 16, 8, 0) == std::pair(1, 16));
  CHECK(runners_of(1, unset, 8, 0) == std::pair(1, 8));
  CHECK(runners_of(3, unset, 8, 0) == std::pair(3, 2));
  CHECK(runners_of(16, unset, 8, 0) == std::pair(16, 1));
  CHECK(runners_of(2, 2, 8, 0) == std::pair(2, 2));
  CHECK(runners_of(unset, unset, 8, 1) == std::pair(2, 1));
  CHECK(runners_of(1, unset, 8, 1) == std::pair(1, 1));
}

TEST_CASE("device: a process that sees one GPU takes it, whatever its rank") {
  CHECK(choose_devices("auto", {1, 3, 4}) == Names{"cuda:0"});
}

TEST_CASE("device: what cannot be is a usage error with the numbers") {
  CHECK_THAT(message_of<UsageError>([] { choose_devices("cuda", {0, 0, 1}); }), Contains("sees no GPU"));
  CHECK_THAT(message_of<UsageError>([] {
               choose_devices("auto", {2, 0, 4});
             }),
             Contains("2 GPUs for 4 ranks") && Contains("ppr:2:node"));
  CHECK_THAT(message_of<UsageError>([] { choose_devices("cuda:4", {4, 0, 1}); }), Contains("4 GPUs"));
  for (const auto* flag : {"gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda0", "CPU"}) {
    CHECK_THROWS_AS(choose_devices(flag, {4, 0, 1}), UsageError);
  }
}

TEST_CASE("runners: ranks that have a model together are a whole number of groups, with a stage for each") {
  CHECK(choose_group(1, 3, 4, 1).is_alone());
  const auto group = choose_group(2, 3, 4, 3);
  CHECK(group.first() == 2);
  CHECK(group.own_stages(3) == StageSpan{2, 3});
  CHECK_THAT(message_of<UsageError>([] { choose_group(2, 0, 3, 2); }),
             Contains("--pipeline-ranks 2") && Contains("3 ranks") && Contains("a multiple of 2"));
  CHECK_THAT(message_of<UsageError>([] { choose_group(3, 0, 3, 2); }),
             Contains("has 2 stages") && Contains("--stages 3"));
}
