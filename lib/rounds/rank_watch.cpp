#include "rounds/rank_watch.hpp"

#include <utility>

#include "comm/agreement.hpp"
#include "comm/channel.hpp"

namespace infer {
namespace {

constexpr double kLateSilence = 3;  ///< seconds; a rank speaks every second at least
constexpr double kLateStep = 10;    ///< likewise, of one batch, one read or one write

}  // namespace

RankWatch::RankWatch(std::size_t ranks, WatchLimits limits, const Source& source,
                     std::function<std::string(std::size_t)> describe)
    : ranks_(ranks), limits_(limits), source_(source), describe_(std::move(describe)) {}

void RankWatch::heard(std::size_t rank, const std::optional<Activity>& activity) {
  ranks_[rank].since_heard = {};
  ranks_[rank].activity = activity;
}

void RankWatch::start_anew() {
  for (auto& rank : ranks_) rank = {};
}

std::vector<std::string> RankWatch::late() const {
  std::vector<std::string> found;
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    if (const auto why = lateness(ranks_[rank]); !why.empty()) found.push_back(describe_(rank) + ": " + why);
  }
  return found;
}

/// Empty where it is in time.
std::string RankWatch::lateness(const RankState& state) const {
  const auto seconds = [](double value) { return std::to_string(static_cast<long>(value)) + " s"; };
  const auto silent = state.since_heard.elapsed_s();
  if (silent > kLateSilence) return "silent for " + seconds(silent);
  if (!state.activity || state.activity->seconds < kLateStep) return "";
  return std::string(stage_name(state.activity->stage)) + ", " + seconds(state.activity->seconds + silent);
}

void RankWatch::check() const {
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) check(rank);
}

void RankWatch::check(std::size_t rank) const {
  const auto& [since_heard, activity] = ranks_[rank];
  if (since_heard.elapsed_s() > limits_.silence.count()) {
    throw RankError("no sign of life from " + describe_(rank) + " for " + seconds_text(limits_.silence) +
                    " s (--comm-timeout); it is stopped, dead, or cut off from this host" +
                    (activity ? "; when last heard of it was " + place(*activity) : ""));
  }
  if (activity && activity->seconds > limits_.stall.count()) {
    throw RankError(describe_(rank) + " has been " + place(*activity) + " for " +
                    seconds_text(limits_.stall) +
                    " s (--stall-timeout) without an end; if one step may take that long, raise the limit");
  }
}

std::string RankWatch::place(const Activity& activity) const {
  return std::string(stage_text(activity.stage)) + " with chunk " + std::to_string(activity.chunk) + " (" +
         source_.place(activity.chunk) + ")";
}

}  // namespace infer
