#include "base/stop_signals.hpp"

#include <signal.h>

#include <catch2/catch.hpp>
#include <functional>
#include <utility>

#include "unit/base/child_process.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::ChildProcess;

namespace {

constexpr int kStopped = 4;
constexpr int kStillHere = 77;

struct End {
  int code;
  int signal;
  std::string text;
};

End end_of(const std::function<int()>& action) {
  ChildProcess child(action);
  auto text = child.read_all();
  const auto end = child.wait();
  return {end.code, end.signal, std::move(text)};
}

/// A process that was started without any signal ignored or handled.
End end_with_signals(const std::function<int(StopSignals&)>& action, bool speaks = true) {
  return end_of([&] {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT}) ::signal(number, SIG_DFL);
    StopSignals signals(speaks);
    return action(signals);
  });
}

}  // namespace

TEST_CASE("stop signals: before arm each of them ends the process at once, with 4 and why") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    const auto end = end_with_signals([&](StopSignals&) {
      ::raise(number);
      return kStillHere;
    });
    CHECK(end.code == kStopped);
    CHECK(end.text == "infer: stopped by a signal before any record was scored\n");
  }
}

TEST_CASE("stop signals: a process that may not speak ends in silence") {
  const auto end = end_with_signals(
      [](StopSignals&) {
        ::raise(SIGTERM);
        return kStillHere;
      },
      false);
  CHECK(end.code == kStopped);
  CHECK(end.text.empty());
}

TEST_CASE("stop signals: without one nothing is requested") {
  const auto end = end_with_signals([](StopSignals& signals) {
    signals.arm();
    return signals.requested().empty() && !signals.take_early_warning() ? 0 : 1;
  });
  CHECK(end.code == 0);
}

TEST_CASE("stop signals: after arm each of them is told by name, and the process goes on") {
  using Named = std::pair<int, const char*>;
  for (const auto& [number, name] :
       {Named{SIGINT, "SIGINT"}, Named{SIGTERM, "SIGTERM"}, Named{SIGHUP, "SIGHUP"},
        Named{SIGUSR1, "SIGUSR1"}, Named{SIGUSR2, "SIGUSR2"}}) {
    const auto end = end_with_signals([&, signal = number, expected = name](StopSignals& signals) {
      signals.arm();
      ::raise(signal);
      ChildProcess::say(signals.requested());
      return signals.requested() == expected ? kStillHere : 1;
    });
    CHECK(end.code == kStillHere);
    CHECK(end.text == name);
  }
}

TEST_CASE("stop signals: the first one is the one that is told") {
  const auto end = end_with_signals([](StopSignals& signals) {
    signals.arm();
    for (const int number : {SIGUSR1, SIGTERM, SIGHUP, SIGUSR1, SIGTERM}) ::raise(number);
    ChildProcess::say(signals.requested());
    return kStillHere;
  });
  CHECK(end.code == kStillHere);
  CHECK(end.text == "SIGUSR1");
}

TEST_CASE("stop signals: a second SIGINT ends the process at once, after SIGTERM too") {
  for (const int first : {SIGINT, SIGTERM}) {
    const auto end = end_with_signals([&](StopSignals& signals) {
      signals.arm();
      ::raise(first);
      ::raise(SIGINT);
      return kStillHere;
    });
    CHECK(end.code == kStopped);
    CHECK_THAT(end.text, Contains("by a second signal") && Contains("--resume") && Contains("\n"));
  }
}

TEST_CASE("stop signals: one that is ignored from the start stays ignored, before arm and after") {
  for (const int number : {SIGINT, SIGHUP, SIGTERM}) {
    const auto end = end_of([&] {
      ::signal(number, SIG_IGN);
      {
        StopSignals signals(true);
        ::raise(number);
        signals.arm();
        ::raise(number);
        ::raise(number);
        if (!signals.requested().empty()) return 1;
      }
      ::raise(number);
      return kStillHere;
    });
    CHECK(end.code == kStillHere);
    CHECK(end.text.empty());
  }
}

TEST_CASE("stop signals: SIGCONT is an early warning, told once each time, and asks for nothing itself") {
  const auto end = end_with_signals([](StopSignals& signals) {
    ::raise(SIGCONT);
    signals.arm();
    const bool first = signals.take_early_warning() && !signals.take_early_warning();
    ::raise(SIGCONT);
    return first && signals.take_early_warning() && signals.requested().empty() ? kStillHere : 1;
  });
  CHECK(end.code == kStillHere);
}

TEST_CASE("stop signals: at the end of their life signals have their default effect again") {
  const auto end = end_of([] {
    ::signal(SIGTERM, SIG_DFL);
    {
      StopSignals signals(true);
      signals.arm();
    }
    ::raise(SIGTERM);
    return kStillHere;
  });
  CHECK(end.signal == SIGTERM);
}
