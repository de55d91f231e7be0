#include <catch2/catch.hpp>
#include <thread>

#include "comm/session.hpp"
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
    agree(test_session(), soon(), phase);
    return {};
  } catch (const AgreedError& error) {
    return {true, error.code(), error.what()};
  }
}

}  // namespace

TEST_CASE("collect: rank 0 gets every text in rank order, the others nothing") {
  Session& session = test_session();
  const auto text = [](int rank) { return "text of " + std::to_string(rank) + std::string(1, '\0') + "\n"; };
  const auto texts = collect(session, text(session.rank()), soon());
  if (session.rank() != 0) {
    CHECK(texts.empty());
    return;
  }
  REQUIRE(texts.size() == static_cast<std::size_t>(session.size()));
  for (int rank = 0; rank < session.size(); ++rank)
    CHECK(texts[static_cast<std::size_t>(rank)] == text(rank));
}

TEST_CASE("collect: a fast rank's next text is not taken for this one") {
  Session& session = test_session();
  for (int round = 0; round < 50; ++round) {
    if (session.rank() == session.size() - 1 && round % 10 == 0) std::this_thread::sleep_for(Seconds(0.02));
    const auto texts = collect(session, std::to_string(round), soon());
    if (session.rank() == 0) {
      CHECK(texts ==
            std::vector<std::string>(static_cast<std::size_t>(session.size()), std::to_string(round)));
    }
  }
}

TEST_CASE("collect and broadcast: empty and large texts") {
  Session& session = test_session();
  const std::string large(std::size_t{2} << 20, static_cast<char>('a' + session.rank()));
  const auto texts = collect(session, large, soon());
  if (session.rank() == 0)
    CHECK(texts.back() == std::string(large.size(), static_cast<char>('a' + session.size() - 1)));
  CHECK(broadcast(session, session.rank() == 0 ? large : "mine", soon()) == std::string(large.size(), 'a'));
  CHECK(broadcast(session, session.rank() == 0 ? "" : "mine", soon()).empty());
}

TEST_CASE("agree: nothing is thrown when the phase works everywhere") {
  int runs = 0;
  CHECK_FALSE(outcome_of([&] { ++runs; }).agreed);
  CHECK(runs == 1);
}

TEST_CASE("agree: one rank's error reaches all, with its name, host and exit code") {
  Session& session = test_session();
  for (int guilty = 0; guilty < session.size(); ++guilty) {
    const auto outcome = outcome_of([&] {
      if (session.rank() == guilty) throw UsageError("no such model");
    });
    CHECK(outcome.agreed);
    CHECK(outcome.code == ExitCode::usage);
    const std::string prefix = session.size() == 1 ? "" : session.describe(guilty) + ": ";
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
  Session& session = test_session();
  if (session.size() < 3) return;
  const auto outcome = outcome_of([&] {
    if (session.rank() == 1) throw UsageError("one");
    if (session.rank() == 2) throw RunError("two");
  });
  CHECK(outcome.code == ExitCode::usage);
  CHECK(outcome.message == session.describe(1) + ": one");
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
  Session& session = test_session();
  if (session.size() == 1) return;
  const int late = session.size() - 1;
  if (session.rank() == 0) {
    CHECK_THROWS_WITH(collect(session, "here", Deadline(Seconds(0.3))),
                      Contains("within 0.3 s: nothing came from " + session.describe(late) + ";"));
    CHECK(session.poll(Tag::agreement, late) == std::nullopt);
  } else if (session.rank() == late) {
    std::this_thread::sleep_for(Seconds(1));
  } else {
    collect(session, "here", soon());
  }
  CHECK(broadcast(session, "go on", soon()) == "go on");
}

TEST_CASE("agree: rank 0 does not wait for a rank that hangs in the phase") {
  Session& session = test_session();
  if (session.size() == 1) return;
  if (session.rank() != 0) {
    std::this_thread::sleep_for(Seconds(1));
    return;  // the text that rank 0 no longer waits for is not sent: it would disturb the next case
  }
  CHECK_THROWS_WITH(agree(session, Deadline(Seconds(0.2)), [] {}),
                    Contains(session.describe(1)) && Contains(session.describe(session.size() - 1)));
}

TEST_CASE("broadcast: a rank that hears nothing from rank 0 says so, later than rank 0 would") {
  Session& session = test_session();
  if (session.size() == 1) return;
  if (session.rank() != 0) {
    const Stopwatch watch;
    CHECK_THROWS_WITH(broadcast(session, "", Deadline(Seconds(0.1))),
                      Contains("nothing came from " + session.describe(0)));
    CHECK(watch.elapsed_s() > 1.0);
  }
  collect(session, "", soon());
}
