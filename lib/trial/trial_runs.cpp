#include "trial/trial_runs.hpp"

namespace infer::detail {
namespace {

constexpr Seconds kLongestTrial{60};

}  // namespace

Attempt TrialRuns::run(const Rows& rows, bool as_saved, std::optional<std::uint64_t> seed) {
  return try_batch(model_, signature_, examples_.columns(), rows, as_saved, seed ? seed : seed_);
}

const Attempt& TrialRuns::seen(const Rows& rows) {
  const auto known = seen_.find(rows);
  return known != seen_.end() ? known->second : seen_.emplace(rows, run(rows)).first->second;
}

bool TrialRuns::has_time() {
  overdue_ = overdue_ || watch_.elapsed_s() > kLongestTrial.count();
  return !overdue_;
}

}  // namespace infer::detail
