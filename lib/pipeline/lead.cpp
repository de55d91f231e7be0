#include <algorithm>

#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "base/pause_watch.hpp"
#include "base/text.hpp"
#include "comm/agreement.hpp"
#include "pipeline/lead_config.hpp"
#include "pipeline/lead_rounds.hpp"
#include "pipeline/roles.hpp"
#include "pipeline/run_outputs.hpp"
#include "pipeline/stop_wish.hpp"
#include "rounds/rank_watch.hpp"
#include "start/trace.hpp"

namespace infer {
namespace {

class Leader {
 public:
  Leader(Channel& channel, const RunConfig& config, RunSetup& setup, const std::vector<RunHeader>& headers,
         RunObserver& observer, StopSignals& signals, Timeline::Lane& lane)
      : channel_(channel),
        config_(config),
        setup_(setup),
        observer_(observer),
        stop_(config, signals),
        watch_(static_cast<std::size_t>(channel.size()),
               {config.stops.comm_timeout, config.stops.stall_timeout}, *setup.lead->source,
               [&channel](std::size_t rank) { return channel.describe(static_cast<int>(rank)); }),
        outputs_(channel, setup, headers, observer, [this] { news_.ring(); }),
        work_(setup, [this] { news_.ring(); }),
        rounds_({channel, *setup.gather, *setup.lead->source, work_, outputs_, lane},
                planner_config(channel, config, setup), setup.group_ranks(),
                Seconds(sign_of_life_s(config))) {}

  ExitCode run() {
    while (!outputs_.progress().committed && !is_drained()) {
      const bool active = receive_statuses() | take_own_status();
      outputs_.rethrow_if_failed();
      notice_own_pause();
      watch_.check();
      check_writers();
      check_for_stop();
      if (const auto text = setup_.lead->source->take_warning(); !text.empty()) observer_.warning(0, text);
      if (!rounds_.run_one() && !active) wait_for_news(news_, work_);
      tell_progress();
      outputs_.progressed();
    }
    return outputs_.progress().committed ? conclude() : conclude_stopped();
  }

  /// The run ends with `error`: tells what is known by then.
  void tell_of(const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    const auto code = ours != nullptr ? ours->code() : ExitCode::run_failed;
    outputs_.write_reports(code == ExitCode::stopped ? RunState::stopped : RunState::failed, code,
                           error.what());
  }

 private:
  void tell_progress() {
    if (!observer_.wants_progress()) return;
    auto progress = outputs_.told_progress();
    progress.late = watch_.late();
    observer_.progressed(progress);
  }

  /// After a pause of this process, which may have been stopped anywhere in the turn, what the others said
  /// meanwhile comes first: nobody is judged in this turn.
  void notice_own_pause() {
    if (pause_.turn() > Seconds(0)) watch_.start_anew();
  }

  bool receive_statuses() {
    bool any = false;
    while (const auto message = channel_.poll(Tag::status)) {
      const auto status = deserialize_status(message->bytes);
      const auto rank = channel_.describe(message->from);
      if (!status.error.empty()) throw RankError(rank + ": " + status.error, status.may_go_on);
      if (!status.stop.empty() && stop_.notice_signal(status.stop, rank)) begin_stop();
      watch_.heard(static_cast<std::size_t>(message->from), status.activity);
      rounds_.update(message->from, status);
      any = true;
    }
    return any;
  }

  bool take_own_status() {
    watch_.heard(0, while_awake(work_.slowest(), pause_));
    return rounds_.update_own();
  }

  void check_writers() const {
    if (pause_.awake() < config_.stops.stall_timeout) return;
    const auto limit = std::chrono::duration_cast<Clock::duration>(config_.stops.stall_timeout);
    const auto* busy = outputs_.busy_since(Clock::now() - limit);
    if (busy == nullptr) return;
    throw RankError(channel_.describe(0) + " has been writing " + busy->setup.config.output.path + " for " +
                    seconds_text(config_.stops.stall_timeout) + " s (--stall-timeout) without an end; " +
                    (busy->writer.can_resume() ? "look at the file system it is on"
                                               : "it is no regular file: is it read?"));
  }

  void check_for_stop() {
    if (stop_.take_early_warning()) outputs_.hurry();
    if (stop_.notice_own()) begin_stop();
  }

  void begin_stop() {
    rounds_.drain();
    outputs_.hurry();
    // The launcher may leave no time for more than this.
    observer_.notice("stopping because of " + stop_.reason() + ": finishing what is in flight, for at most " +
                     seconds_text(config_.stops.drain_timeout) + " s (--drain-timeout)" +
                     (outputs_.can_resume() ? "; go on with: " + config_.command.to_resume
                                            : "; without --output FILE the run cannot be taken up again"));
  }

  /// On the way to a stop: nothing that was granted is missing any more, or time is up.
  bool is_drained() const { return stop_.is_there() && (all_granted_written() || stop_.is_overdue()); }

  /// A retry of parts keeps those that are whole: no more chunks come to the one that is begun.
  bool all_granted_written() const {
    const auto written = outputs_.progress();
    const auto chunks = setup_.parts ? written.kept_chunks : written.next_chunk;
    return chunks == rounds_.grants_end() && !rounds_.has_granted_end();
  }

  ExitCode conclude() {
    std::vector<OutputEnd> ends;
    auto code = ExitCode::complete;
    for (auto& output : outputs_.each()) {
      ends.push_back(output.end());
      if (!ends.back().why_not.empty()) code = ExitCode::records_failed;
    }
    stop_all(code);
    ends.back().summary.trace = collect_trace();
    for (std::size_t i = 0; i < ends.size(); ++i) tell_end(outputs_.each()[i], std::move(ends[i]));
    return code;
  }

  void tell_end(RunOutput& output, OutputEnd end) {
    auto& summary = end.summary;
    summary.is_one_of_several = outputs_.each().size() > 1;
    summary.report =
        output.write_report(end.told, RunState::complete,
                            end.why_not.empty() ? ExitCode::complete : ExitCode::records_failed, end.why_not);
    observer_.finished(summary);
    for (const auto& gate : end.told.gates) {
      if (!gate.passed && gate.reason != summary.too_many_failed) observer_.notice(gate.reason);
    }
  }

  /// What is written in order is kept. When something still hangs in flight, only an abort ends all ranks.
  ExitCode conclude_stopped() {
    const bool drained = all_granted_written();
    const auto* hangs = outputs_.stop(std::min(config_.stops.drain_timeout, config_.stops.stall_timeout));
    const auto written = outputs_.progress();
    if (written.committed) return conclude();
    if (stop_.time_is_up() && !outputs_.has_grown()) return conclude_without_rows(drained);
    const auto kept = "stopped by " + stop_.reason() + " after " + counted(written.kept_rows, "row");
    if (hangs != nullptr)
      throw StoppedError(kept + "; " + hangs->setup.config.output.path +
                         " takes no more, so what was behind them is lost");
    if (!drained) throw StoppedError(kept + "; what was still in flight is lost");
    return leave(ExitCode::stopped, kept);
  }

  /// As often as it is repeated, it ends like this: not with the code at which job scripts repeat it.
  ExitCode conclude_without_rows(bool drained) {
    const auto text =
        "stopped by " + stop_.reason() + " without a new row" +
        (outputs_.can_resume()
             ? "; --resume with as little time would end the same way: give it more, or start again "
               "with --overwrite and"
             : "; give it more time, or") +
        " smaller pieces of the input (--chunk-bytes, now " +
        std::to_string(setup_.lead->source->chunk_bytes()) + ")";
    if (!drained) throw RankError(text, false);
    return leave(ExitCode::run_failed, text);
  }

  ExitCode leave(ExitCode code, const std::string& why) {
    stop_all(code);
    const auto trace = collect_trace();
    const auto report = outputs_.write_reports(RunState::stopped, code, why);
    observer_.notice(why + (trace.empty() || code != ExitCode::stopped ? "" : "; trace " + trace) +
                     (report.empty() ? "" : "; report " + report));
    return code;
  }

  void stop_all(ExitCode code) {
    Plan stop;
    stop.stop = true;
    stop.exit_code = static_cast<std::int32_t>(code);
    for (int rank = 1; rank < channel_.size(); ++rank) channel_.post(rank, Tag::plan, serialize(stop));
    channel_.flush(Deadline(config_.stops.comm_timeout));
  }

  /// The file's name; empty without one.
  std::string collect_trace() {
    return write_trace(channel_, config_, *setup_.pipeline.timeline,
                       [this](const std::string& text) { observer_.warning(0, text); });
  }

  Channel& channel_;
  const RunConfig& config_;
  const RunSetup& setup_;
  RunObserver& observer_;
  StopWish stop_;
  Doorbell news_;
  PauseWatch pause_{Seconds(sign_of_life_s(config_))};
  RankWatch watch_;
  RunOutputs outputs_;
  RankWork work_;  // its threads and the writers' ring news_
  LeadRounds rounds_;
};

}  // namespace

ExitCode lead(Channel& channel, const RunConfig& config, RunSetup& setup,
              const std::vector<RunHeader>& headers, RunObserver& observer, StopSignals& signals) {
  auto& lane = setup.pipeline.timeline->lane("main");
  add_start(lane, config.command.process_start, setup.times);
  Leader leader(channel, config, setup, headers, observer, signals, lane);
  try {
    return leader.run();
  } catch (const std::exception& error) {
    leader.tell_of(error);
    throw;
  }
}

}  // namespace infer
