// The small pure parts: messages of a round, --max-errors, --labels, cores, devices.
#include <catch2/catch.hpp>
#include <fstream>

#include "base/error.hpp"
#include "pipeline/config.hpp"
#include "pipeline/cpu_share.hpp"
#include "pipeline/labels.hpp"
#include "pipeline/placement.hpp"
#include "pipeline/round.hpp"
#include "pipeline/runners.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

using Names = std::vector<std::string>;

TEST_CASE("round: a status survives its message") {
  const auto status = deserialize_status(serialize(Status{7, {{3, 100}, {9, 0}}, "rank broke"}));
  CHECK(status.predicted == 7);
  REQUIRE(status.ready.size() == 2);
  CHECK(status.ready[0].id == 3);
  CHECK(status.ready[0].bytes == 100);
  CHECK(status.ready[1].id == 9);
  CHECK(status.error == "rank broke");
  CHECK(deserialize_status(serialize(Status{})).ready.empty());
}

TEST_CASE("round: a status carries the signal that asked to stop and what the rank is at") {
  Status sent{1, {}, ""};
  sent.stop = "SIGUSR1";
  sent.activity = Activity{Stage::model, 9, 2.5};
  const auto status = deserialize_status(serialize(sent));
  CHECK(status.stop == "SIGUSR1");
  REQUIRE(status.activity.has_value());
  CHECK(status.activity->stage == Stage::model);
  CHECK(status.activity->chunk == 9);
  CHECK(status.activity->seconds == 2.5);
  CHECK_FALSE(deserialize_status(serialize(Status{})).activity.has_value());
}

TEST_CASE("round: a plan survives its message") {
  const auto plan = deserialize_plan(serialize(Plan{{1, 2}, {3}, {0, 50}, true, 1}));
  CHECK(plan.grant == std::vector<std::uint64_t>{1, 2});
  CHECK(plan.ship == std::vector<std::uint64_t>{3});
  CHECK(plan.gather_sizes == std::vector<std::uint64_t>{0, 50});
  CHECK(plan.stop);
  CHECK(plan.exit_code == 1);
  CHECK_FALSE(deserialize_plan(serialize(Plan{})).stop);
}

TEST_CASE("round: chunks of a selection travel with their grant") {
  Plan sent{{4}, {}, {}};
  const ChunkSelection some{50, 7, 12, {std::byte{3}, std::byte{1}, std::byte{2}}};
  sent.selected = {{{4, 2, 50, 91, 1}, std::make_shared<const ChunkSelection>(some)}};
  const auto plan = deserialize_plan(serialize(sent));
  REQUIRE(plan.selected.size() == 1);
  const auto& [range, selection] = plan.selected[0];
  CHECK(range.id == 4);
  CHECK(range.file == 2);
  CHECK(range.begin == 50);
  CHECK(range.end == 91);
  REQUIRE(selection != nullptr);
  CHECK(selection->offset == 50);
  CHECK(selection->line == 7);
  CHECK(selection->number == 12);
  CHECK(selection->runs == some.runs);
}

TEST_CASE("round: messages cut short are internal errors") {
  const auto status = serialize(Status{7, {{3, 100}}, "x"});
  const auto plan =
      serialize(Plan{{1}, {2}, {3}, false, 0, {{{}, std::make_shared<const ChunkSelection>()}}});
  for (std::size_t size = 0; size < status.size(); ++size) {
    CHECK_THROWS_AS(deserialize_status(ByteView(status).first(size)), InternalError);
  }
  for (std::size_t size = 0; size < plan.size(); ++size) {
    CHECK_THROWS_AS(deserialize_plan(ByteView(plan).first(size)), InternalError);
  }
}

TEST_CASE("max errors: a number permits that many, 0 none") {
  CHECK(ErrorAllowance{0, false}.permits(0, 100));
  CHECK_FALSE(ErrorAllowance{0, false}.permits(1, 100));
  CHECK(ErrorAllowance{5, false}.permits(5, 5));
  CHECK_FALSE(ErrorAllowance{5, false}.permits(6, 1'000'000));
}

TEST_CASE("max errors: a percentage is of the rows, and an empty input permits no failure and has none") {
  CHECK(ErrorAllowance{1, true}.permits(10, 1000));
  CHECK_FALSE(ErrorAllowance{1, true}.permits(11, 1000));
  CHECK(ErrorAllowance{0, true}.permits(0, 1000));
  CHECK(ErrorAllowance{1, true}.permits(0, 0));
  CHECK(ErrorAllowance{100, true}.permits(7, 7));
}

TEST_CASE("max errors: every tenth of a percent permits exactly that many of 1000") {
  std::vector<double> wrong;
  for (std::uint64_t tenths = 0; tenths <= 1000; ++tenths) {
    const ErrorAllowance allowance{static_cast<double>(tenths) / 10, true};
    if (!allowance.permits(tenths, 1000) || allowance.permits(tenths + 1, 1000))
      wrong.push_back(allowance.value);
  }
  CHECK(wrong == std::vector<double>{});
}

TEST_CASE("labels: one per line, with or without a last newline") {
  const ScratchFolder folder;
  CHECK(read_labels(folder.write("a", "good\nbad\n")) == std::vector<std::string>{"good", "bad"});
  CHECK(read_labels(folder.write("b", "good\nbad")) == std::vector<std::string>{"good", "bad"});
  CHECK(read_labels(folder.write("c", "good\r\nvery bad\r\n")) ==
        std::vector<std::string>{"good", "very bad"});
  CHECK(read_labels(folder.write("d", "a\n\nb\n")) == std::vector<std::string>{"a", "", "b"});
  CHECK(read_labels("").empty());
}

TEST_CASE("labels: a missing and an empty file are usage errors") {
  const ScratchFolder folder;
  CHECK_THAT(message_of<UsageError>([] { read_labels("/no/such/labels"); }),
             Contains("--labels /no/such/labels") && Contains("No such file"));
  CHECK_THAT(message_of<UsageError>([&] { read_labels(folder.write("e", "")); }), Contains("is empty"));
}

TEST_CASE("labels: a folder is a usage error that does not call it empty") {
  const ScratchFolder folder;
  const auto message = message_of<UsageError>([&] { read_labels(folder.path("")); });
  CHECK_THAT(message, Contains("--labels") && !Contains("is empty"));
}

TEST_CASE("cores: the mask when the launcher bound the rank, else an equal share, at least one") {
  CHECK(cores_per_rank(16, 16, 1) == 16);
  CHECK(cores_per_rank(16, 16, 4) == 4);
  CHECK(cores_per_rank(16, 16, 5) == 3);
  CHECK(cores_per_rank(2, 2, 8) == 1);
  CHECK(cores_per_rank(4, 16, 4) == 4);
  CHECK(cores_per_rank(1, 16, 4) == 1);
  CHECK(available_cores() >= 1);
  CHECK(host_cores() >= available_cores());
}

TEST_CASE("cores: a rank bound to one core of many is told how to launch better") {
  CHECK_THAT(binding_advice(1, 16, 4).value_or(""),
             Contains("--bind-to none") && Contains("PE=4") && Contains("16"));
  CHECK_FALSE(binding_advice(1, 4, 4).has_value());
  CHECK_FALSE(binding_advice(1, 1, 1).has_value());
  CHECK_FALSE(binding_advice(4, 16, 4).has_value());
  CHECK_FALSE(binding_advice(1, 4, 8).has_value());
}

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
    RunConfig config;
    config.replicas = replicas;
    config.threads = threads;
    const auto runners = choose_runners(config, cores, {gpus, 0, 1});
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
  CHECK_THAT(message_of<UsageError>([] { choose_devices("cuda:4", {4, 0, 1}); }), Contains("4 GPU(s)"));
  for (const auto* flag : {"gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda0", "CPU"}) {
    CHECK_THROWS_AS(choose_devices(flag, {4, 0, 1}), UsageError);
  }
}

TEST_CASE("placement: every rank on its own GPU or all on the CPU goes") {
  CHECK_NOTHROW(
      check_placements({{"a", "cuda:0", {"u1"}}, {"a", "cuda:1", {"u2"}}, {"b", "cuda:0", {"u3"}}}, false));
  CHECK_NOTHROW(check_placements({{"a", "cpu", {}}, {"a", "cpu", {}}}, false));
  CHECK_NOTHROW(check_placements({{"a", "cpu", {}}}, false));
}

TEST_CASE("placement: two ranks on one GPU are refused and named, unless a test allows it") {
  const std::vector<Placement> shared{
      {"a", "cuda:0", {"u1"}}, {"a", "cuda:1", {"u2"}}, {"a", "cuda:0", {"u1"}}};
  CHECK_THAT(message_of<UsageError>([&] { check_placements(shared, false); }),
             Contains("rank 0 and rank 2") && Contains("u1"));
  CHECK_NOTHROW(check_placements(shared, true));
}

TEST_CASE("placement: CPU and GPU together are refused, and both ranks are named") {
  CHECK_THAT(message_of<UsageError>([] {
               check_placements({{"a", "cuda:0", {"u1"}}, {"b", "cpu", {}}}, true);
             }),
             Contains("rank 0 (a)") && Contains("rank 1 (b) uses cpu"));
  CHECK_THROWS_AS(check_placements({{"a", "cpu", {}}, {"b", "cuda:0", {"u1"}}}, false), UsageError);
}

TEST_CASE("placement: survives its message") {
  const auto placement = parse_placement(placement_text({"host", "cuda:1", {"u1", "u2"}}));
  CHECK(placement.host == "host");
  CHECK(placement.device == "cuda:1");
  CHECK(placement.device_ids == Names{"u1", "u2"});
  CHECK(parse_placement(placement_text(own_placement("h", {"cpu"}))).device_ids.empty());
  CHECK(cuda_device_number("cuda:12") == 12);
}
