// Whether this process itself was stopped: by SIGSTOP, a freezer, a debugger.
#pragma once

#include "base/clock.hpp"

namespace infer {

/// For loops that wait for others or watch for hangs: what did not happen while this process was stopped says
/// nothing. Thread-compatible.
class PauseWatch {
 public:
  /// A turn of the loop that takes longer is taken for a pause.
  explicit PauseWatch(Seconds longest_turn) : longest_turn_(longest_turn.count()) {}

  /// Once per turn. How long the turn that ends here took, if that was a pause; else zero.
  Seconds turn() {
    const double took = turn_.elapsed_s();
    turn_ = {};
    if (took <= longest_turn_) return Seconds(0);
    awake_ = {};
    return Seconds(took);
  }

  /// Since the last pause, which may have been in this very turn.
  Seconds awake() const { return Seconds(turn_.elapsed_s() > longest_turn_ ? 0 : awake_.elapsed_s()); }

 private:
  double longest_turn_;
  Stopwatch turn_;
  Stopwatch awake_;
};

}  // namespace infer
