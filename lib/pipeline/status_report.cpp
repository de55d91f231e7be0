#include "pipeline/status_report.hpp"

#include "base/error.hpp"
#include "comm/agreement.hpp"

namespace infer {
namespace {

constexpr Seconds kReactionTime{5};  ///< for rank 0 to end the run after this rank reported an error

}  // namespace

bool StatusReport::send(const PauseWatch& pause) {
  if (failed_) return false;
  Status status;
  try {
    if (!has_news() && since_sent_.elapsed_s() < sign_of_life_.count()) return false;
    status = current(pause);
  } catch (const std::exception& error) {
    failed_.emplace(kReactionTime);
    status.error = failure_text(error, "collecting results");
    const auto* failed = dynamic_cast<const RunError*>(&error);
    status.may_go_on = failed == nullptr || failed->may_go_on();
  }
  channel_.post(0, Tag::status, serialize(status));
  since_sent_ = {};
  return true;
}

/// A signal is one once.
bool StatusReport::has_news() {
  work_.turn();
  const bool finished = outbox_.collect(work_.take_chunks(), work_.take_parts(), work_.predicted());
  if (!signal_.empty()) return finished;
  signal_ = signals_.requested();
  return finished || !signal_.empty();
}

Status StatusReport::current(const PauseWatch& pause) {
  auto status = outbox_.take_status();
  status.stop = signal_;
  status.activity = while_awake(work_.slowest(), pause);
  return status;
}

void StatusReport::check_answer() const {
  if (failed_ && failed_->passed())
    throw RunError("rank 0 did not end the run after an error was reported to it");
}

}  // namespace infer
