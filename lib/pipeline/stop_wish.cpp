#include "pipeline/stop_wish.hpp"

namespace infer {
namespace {

/// What batch systems send shortly before they end a job.
bool tells_of_time(const std::string& signal) { return signal == "SIGUSR1" || signal == "SIGUSR2"; }

}  // namespace

bool StopWish::notice(const std::string& reason, bool time_is_up) {
  if (is_there()) return false;
  reason_ = reason;
  time_is_up_ = time_is_up;
  deadline_.emplace(config_.stops.drain_timeout);
  return true;
}

bool StopWish::notice_own() {
  if (const auto signal = signals_.requested(); !signal.empty()) return notice(signal, tells_of_time(signal));
  if (!config_.stops.time_limit || Clock::now() - config_.command.process_start <= *config_.stops.time_limit)
    return false;
  return notice("the time limit of " + seconds_text(*config_.stops.time_limit) + " s (" +
                    config_.stops.time_limit_source + ")",
                true);
}

bool StopWish::notice_signal(const std::string& signal, const std::string& whose) {
  return notice(signal + " to " + whose, tells_of_time(signal));
}

}  // namespace infer
