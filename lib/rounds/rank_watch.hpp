// What rank 0 knows about how the ranks are: who was silent for too long, and who is stuck in one step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "reader/source.hpp"
#include "worker/activity.hpp"

namespace infer {

struct WatchLimits {
  Seconds silence{25};  ///< --comm-timeout
  Seconds stall{600};   ///< --stall-timeout
};

/// Thread-compatible.
class RankWatch {
 public:
  /// `describe`: "rank 2 (node7)" for 2. Keeps a reference to `source`.
  RankWatch(std::size_t ranks, WatchLimits limits, const Source& source,
            std::function<std::string(std::size_t)> describe);

  /// As if everybody had been heard of just now.
  void start_anew();

  void heard(std::size_t rank, const std::optional<Activity>& activity);

  /// Throws RankError that names the rank, the limit, and what it was last busy with.
  void check() const;

  /// Who has not been heard of for some seconds, or is long at one step: "rank 2 (node7): model, 40 s".
  std::vector<std::string> late() const;

 private:
  struct RankState {
    Stopwatch since_heard;
    std::optional<Activity> activity;
  };

  void check(std::size_t rank) const;
  std::string lateness(const RankState& state) const;
  std::string place(const Activity& activity) const;

  std::vector<RankState> ranks_;
  WatchLimits limits_;
  const Source& source_;
  std::function<std::string(std::size_t)> describe_;
};

}  // namespace infer
