#include <algorithm>
#include <optional>
#include <utility>

#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "base/pause_watch.hpp"
#include "comm/agreement.hpp"
#include "comm/waiting.hpp"
#include "pipeline/roles.hpp"
#include "pipeline/status_report.hpp"
#include "start/trace.hpp"

namespace infer {
namespace {

/// Rank 0 may be about to end the run itself: for its own threads it waits a little before it speaks.
constexpr Seconds kRootSpeaksBy = kRootSpeaksFirst + Seconds(1);
constexpr Seconds kStagger{
    0.2};  ///< between ranks that find rank 0 silent, so that one of them speaks and ends the job
constexpr int kMaxTurns = 20;

class Follower {
 public:
  Follower(Channel& channel, const RunConfig& config, RunSetup& setup, StopSignals& signals)
      : channel_(channel),
        config_(config),
        gather_(*setup.gather),
        timeline_(*setup.pipeline.timeline),
        lane_(timeline_.lane("main")),
        work_(setup, [this] { news_.ring(); }),
        report_(channel, signals, work_, Seconds(sign_of_life_s(config))) {
    add_start(lane_, config.command.process_start, setup.times);
  }

  ExitCode run() {
    while (!exit_code_) {
      const bool active = take_plans() | report_.send(pause_);
      notice_own_pause();
      check_silence();
      if (!active) wait_for_news(news_, work_);
    }
    write_trace(channel_, config_, timeline_, [](const std::string& /*rank 0 warns*/) {});
    return static_cast<ExitCode>(*exit_code_);
  }

 private:
  /// After a pause of this process, which may have been stopped anywhere in the turn, what rank 0 said
  /// meanwhile comes first.
  void notice_own_pause() {
    if (pause_.turn() > Seconds(0)) since_plan_ = {};
  }

  bool take_plans() {
    bool any = false;
    while (!exit_code_) {
      const auto message = channel_.poll(Tag::plan, 0);
      if (!message) return any;
      any = true;
      since_plan_ = {};
      carry_out(deserialize_plan(message->bytes));
    }
    return any;
  }

  void carry_out(Plan plan) {
    if (plan.stop) exit_code_ = plan.exit_code;
    for (auto& chunk : plan.grants) work_.grant(std::move(chunk));
    for (const auto& order : plan.finish) work_.finish(order);
    if (plan.gather_sizes.empty()) return;
    const TimedSpan span(lane_, "gather");
    gather_.gather(report_.take_messages(plan.ship), plan.gather_sizes);
  }

  void check_silence() const {
    report_.check_answer();
    const auto turn = kRootSpeaksBy.count() + kStagger.count() * std::min(channel_.rank() - 1, kMaxTurns);
    if (since_plan_.elapsed_s() < config_.stops.comm_timeout.count() + turn) return;
    throw RankError("no plan from " + channel_.describe(0) + " for " +
                    std::to_string(static_cast<long>(config_.stops.comm_timeout.count())) +
                    " s (--comm-timeout); it is stopped, dead, or cut off from this host");
  }

  Channel& channel_;
  const RunConfig& config_;
  Gather& gather_;
  Timeline& timeline_;
  Timeline::Lane& lane_;
  Doorbell news_;
  PauseWatch pause_{Seconds(sign_of_life_s(config_))};
  Stopwatch since_plan_;
  std::optional<std::int32_t> exit_code_;  ///< of the plan that said stop
  RankWork work_;                          // its threads ring news_
  StatusReport report_;
};

}  // namespace

ExitCode follow(Channel& channel, const RunConfig& config, RunSetup& setup, StopSignals& signals) {
  return Follower(channel, config, setup, signals).run();
}

}  // namespace infer
