// What a rank other than rank 0 tells it: what is finished, that all is well, or why it is not.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/pause_watch.hpp"
#include "base/stop_signals.hpp"
#include "comm/channel.hpp"
#include "pipeline/rank_work.hpp"
#include "rounds/outbox.hpp"

namespace infer {

/// Main thread only. Keeps references to what it is given.
class StatusReport {
 public:
  /// `sign_of_life`: how often rank 0 hears of this rank, whatever else.
  StatusReport(Channel& channel, StopSignals& signals, RankWork& work, Seconds sign_of_life)
      : channel_(channel), signals_(signals), work_(work), sign_of_life_(sign_of_life) {}

  /// Tells rank 0 what is new, or once in a while that nothing is. False when it said nothing: after an error
  /// nothing follows.
  bool send(const PauseWatch& pause);

  /// The finished chunks `ids`, one after the other.
  Bytes take_messages(std::span<const std::uint64_t> ids) { return outbox_.take_messages(ids); }

  /// Throws RunError when rank 0 was told of an error some time ago and has not ended the run.
  void check_answer() const;

 private:
  bool has_news();
  Status current(const PauseWatch& pause);

  Channel& channel_;
  StopSignals& signals_;
  RankWork& work_;
  Seconds sign_of_life_;
  Outbox outbox_;
  Stopwatch since_sent_;
  std::optional<Deadline> failed_;  ///< by when the run is over
  std::string signal_;              ///< that asked this rank to stop
};

}  // namespace infer
