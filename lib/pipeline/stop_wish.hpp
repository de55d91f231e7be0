// Whether a run is to end before its input does, why, and by when.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/stop_signals.hpp"
#include "config/config.hpp"

namespace infer {

/// Rank 0's main thread only.
class StopWish {
 public:
  StopWish(const RunConfig& config, StopSignals& signals) : config_(config), signals_(signals) {}

  /// True when a signal to this process or its time limit is a reason to stop, and the first one.
  bool notice_own();
  /// The same for a signal to another process: "rank 2 (node7)".
  bool notice_signal(const std::string& signal, const std::string& whose);
  /// Once after each sign that a signal will follow soon.
  bool take_early_warning() { return signals_.take_early_warning(); }

  bool is_there() const { return deadline_.has_value(); }
  /// What is in flight has had its time.
  bool is_overdue() const { return deadline_ && deadline_->passed(); }
  /// "SIGTERM", "the time limit of 60 s (--time-limit)", ...
  const std::string& reason() const { return reason_; }
  /// The job's time is at its end, and with as little it would be again.
  bool time_is_up() const { return time_is_up_; }

 private:
  bool notice(const std::string& reason, bool time_is_up);

  const RunConfig& config_;
  StopSignals& signals_;
  std::string reason_;
  bool time_is_up_ = false;
  std::optional<Deadline> deadline_;
};

}  // namespace infer
