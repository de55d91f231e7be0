#include "comm/waiting.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "base/pause_watch.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostRanksNamed = 8;
constexpr int kTriesWithoutSleep = 16;
constexpr int kMostDoublings = 7;  // 8 us << 7 is about 1 ms
// MPI moves a large message in fragments, at calls of both sides: with sleeps between them 64 MiB between two
// ranks of one host (Open MPI 4.1, no single-copy) took 684 ms instead of 70 (measured). But a rank must not
// burn a core for long.
constexpr double kMostSecondsBusy = 1.0;
constexpr Seconds kOwnPause{1.0};

}  // namespace

void Backoff::wait() {
  if (tries_ < kTriesWithoutSleep) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(std::chrono::microseconds(8) *
                                (1 << std::min(tries_ - kTriesWithoutSleep, kMostDoublings)));
  }
  tries_ = std::min(tries_ + 1, kTriesWithoutSleep + kMostDoublings);
}

bool wait_until(const Channel& channel, const Deadline& deadline, const std::function<bool()>& done) {
  Backoff backoff;
  std::optional<Deadline> grace;
  std::optional<Deadline> after_pause;
  const Stopwatch watch;
  PauseWatch pause(kOwnPause);
  while (!done()) {
    // A process that was stopped may have slept through the deadline, while what it waits for has come.
    if (const auto slept = pause.turn(); slept > Seconds(0)) after_pause.emplace(slept);
    if (deadline.passed() && (!after_pause || after_pause->passed())) {
      if (channel.rank() == 0) return false;
      if (!grace) grace.emplace(kRootSpeaksFirst);
      if (grace->passed()) return false;
    }
    if (channel.transferring() && watch.elapsed_s() < kMostSecondsBusy) backoff.reset();
    backoff.wait();
  }
  return true;
}

std::string describe_ranks(const Channel& channel, const std::vector<int>& ranks) {
  std::string list;
  for (std::size_t i = 0; i < std::min(ranks.size(), kMostRanksNamed); ++i) {
    list += (i == 0 ? "" : ", ") + channel.describe(ranks[i]);
  }
  if (ranks.size() <= kMostRanksNamed) return list;
  return list + " and " + std::to_string(ranks.size() - kMostRanksNamed) + " more";
}

std::string limit_text(const Deadline& deadline) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", deadline.limit_s());
  return text;
}

}  // namespace infer
