#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "comm/channel.hpp"
#include "comm/pmix.hpp"
#include "comm/versions.hpp"
#include "mpi_test.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

struct Outcome {
  bool agreed = false;
  ExitCode code = ExitCode::complete;
  std::string message;
};

Outcome outcome_of(const std::function<void()>& phase) {
  try {
    agree(test_channel(), soon(), phase);
    return {};
  } catch (const AgreedError& error) {
    return {true, error.code(), error.what()};
  }
}

}  // namespace

TEST_CASE("collect: rank 0 gets every text in rank order, the others nothing") {
  Channel& channel = test_channel();
  const auto text = [](int rank) { return "text of " + std::to_string(rank) + std::string(1, '\0') + "\n"; };
  const auto texts = collect(channel, text(channel.rank()), soon());
  if (channel.rank() != 0) {
    CHECK(texts.empty());
    return;
  }
  REQUIRE(texts.size() == static_cast<std::size_t>(channel.size()));
  for (int rank = 0; rank < channel.size(); ++rank)
    CHECK(texts[static_cast<std::size_t>(rank)] == text(rank));
}

TEST_CASE("collect: a fast rank's next text is not taken for this one") {
  Channel& channel = test_channel();
  for (int round = 0; round < 50; ++round) {
    if (channel.rank() == channel.size() - 1 && round % 10 == 0) std::this_thread::sleep_for(Seconds(0.02));
    const auto texts = collect(channel, std::to_string(round), soon());
    if (channel.rank() == 0) {
      CHECK(texts ==
            std::vector<std::string>(static_cast<std::size_t>(channel.size()), std::to_string(round)));
    }
  }
}

TEST_CASE("collect and broadcast: empty and large texts") {
  Channel& channel = test_channel();
  const std::string large(std::size_t{2} << 20, static_cast<char>('a' + channel.rank()));
  const auto texts = collect(channel, large, soon());
  if (channel.rank() == 0)
    CHECK(texts.back() == std::string(large.size(), static_cast<char>('a' + channel.size() - 1)));
  CHECK(broadcast(channel, channel.rank() == 0 ? large : "mine", soon()) == std::string(large.size(), 'a'));
  CHECK(broadcast(channel, channel.rank() == 0 ? "" : "mine", soon()).empty());
}

TEST_CASE("agree: nothing is thrown when the phase works everywhere") {
  int runs = 0;
  CHECK_FALSE(outcome_of([&] { ++runs; }).agreed);
  CHECK(runs == 1);
}

TEST_CASE("agree: one rank's error reaches all, with its name, host and exit code") {
  Channel& channel = test_channel();
  for (int guilty = 0; guilty < channel.size(); ++guilty) {
    const auto outcome = outcome_of([&] {
      if (channel.rank() == guilty) throw UsageError("no such model");
    });
    CHECK(outcome.agreed);
    CHECK(outcome.code == ExitCode::usage);
    const std::string prefix = channel.size() == 1 ? "" : channel.describe(guilty) + ": ";
    CHECK(outcome.message == prefix + "no such model");
  }
}

TEST_CASE("agree: an error that all ranks share is not blamed on one") {
  const auto outcome = outcome_of([] { throw RunError("the disk is full"); });
  CHECK(outcome.agreed);
  CHECK(outcome.code == ExitCode::run_failed);
  CHECK(outcome.message == "the disk is full");
}

TEST_CASE("agree: of different errors the lowest rank's is told") {
  Channel& channel = test_channel();
  if (channel.size() < 3) return;
  const auto outcome = outcome_of([&] {
    if (channel.rank() == 1) throw UsageError("one");
    if (channel.rank() == 2) throw RunError("two");
  });
  CHECK(outcome.code == ExitCode::usage);
  CHECK(outcome.message == channel.describe(1) + ": one");
}

TEST_CASE("agree: an exception of a library counts as a failed run") {
  const auto outcome = outcome_of([] { throw std::length_error("too long"); });
  CHECK(outcome.code == ExitCode::run_failed);
  CHECK(outcome.message == "too long");
}

TEST_CASE("agree: after a failure the next agreement works") {
  CHECK(outcome_of([] { throw RunError("first"); }).agreed);
  CHECK_FALSE(outcome_of([] {}).agreed);
}

TEST_CASE("collect: at the deadline rank 0 names the ranks that did not come") {
  Channel& channel = test_channel();
  if (channel.size() == 1) return;
  const int late = channel.size() - 1;
  if (channel.rank() == 0) {
    CHECK_THROWS_WITH(collect(channel, "here", Deadline(Seconds(0.3))),
                      Contains("within 0.3 s: nothing came from " + channel.describe(late) + ";"));
    CHECK(channel.poll(Tag::agreement, late) == std::nullopt);
  } else if (channel.rank() == late) {
    std::this_thread::sleep_for(Seconds(1));
  } else {
    collect(channel, "here", soon());
  }
  CHECK(broadcast(channel, "go on", soon()) == "go on");
}

TEST_CASE("agree: rank 0 does not wait for a rank that hangs in the phase") {
  Channel& channel = test_channel();
  if (channel.size() == 1) return;
  if (channel.rank() != 0) {
    std::this_thread::sleep_for(Seconds(1));
    return;  // the text that rank 0 no longer waits for is not sent: it would disturb the next case
  }
  CHECK_THROWS_WITH(agree(channel, Deadline(Seconds(0.2)), [] {}),
                    Contains(channel.describe(1)) && Contains(channel.describe(channel.size() - 1)));
}

TEST_CASE("broadcast: a rank that hears nothing from rank 0 says so, later than rank 0 would") {
  Channel& channel = test_channel();
  if (channel.size() == 1) return;
  if (channel.rank() != 0) {
    const Stopwatch watch;
    CHECK_THROWS_WITH(broadcast(channel, "", Deadline(Seconds(0.1))),
                      Contains("nothing came from " + channel.describe(0)));
    CHECK(watch.elapsed_s() > 1.0);
  }
  collect(channel, "", soon());
}

TEST_CASE("waiting by PMIx's exchange: nobody is through before the last has come") {
  if (pmix_version().empty()) return;
  Channel& channel = test_channel();
  const auto now = [] {
    return Clock::now().time_since_epoch().count();
  };  // of all ranks, which share a host
  collect(channel, "", soon());
  if (channel.rank() == channel.size() - 1) std::this_thread::sleep_for(Seconds(0.3));
  const auto came = now();
  wait_by_exchange();
  const auto went = now();
  std::vector<std::int64_t> all_came;
  for (const auto& text : collect(channel, std::to_string(came), soon()))
    all_came.push_back(std::stoll(text));
  const auto last =
      broadcast(channel, channel.rank() == 0 ? std::to_string(std::ranges::max(all_came)) : "", soon());
  CHECK(went >= std::stoll(last));
}
