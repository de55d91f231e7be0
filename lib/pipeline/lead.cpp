#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>

#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "base/pause_watch.hpp"
#include "base/text.hpp"
#include "pipeline/lead_config.hpp"
#include "pipeline/roles.hpp"
#include "rounds/outbox.hpp"
#include "rounds/rank_watch.hpp"
#include "start/trace.hpp"

namespace infer {
namespace {

constexpr std::chrono::microseconds kIdle{1000};
constexpr Seconds kLongestWait{0.02};  ///< of a finished chunk for its round

/// What batch systems send shortly before they end a job.
bool tells_of_time(const std::string& signal) { return signal == "SIGUSR1" || signal == "SIGUSR2"; }

class Leader {
 public:
  Leader(Session& session, const RunConfig& config, RunSetup& setup, RunObserver& observer,
         StopSignals& signals)
      : session_(session),
        config_(config),
        observer_(observer),
        signals_(signals),
        gather_(*setup.gather),
        source_(*setup.source),
        chunk_bytes_(setup.chunks.chunk_bytes()),
        from_(setup.from),
        timeline_(*setup.pipeline.timeline),
        lane_(timeline_.lane("main")),
        planner_(planner_config(session, config, setup)),
        watch_(static_cast<std::size_t>(session.size()), {config.comm_timeout, config.stall_timeout}, source_,
               [&session](std::size_t rank) { return session.describe(static_cast<int>(rank)); }),
        can_resume_(setup.journal != nullptr),
        writer_(
            writer_config(session, config, setup), std::move(setup.journal), [this] { news_.ring(); },
            std::move(setup.errors_claim)),
        pipeline_(setup.pipeline, setup.models, [this] { news_.ring(); }) {
    add_start(lane_, config.process_start, setup.times);
    summary_.start = setup.times;
    summary_.output = config.output;
    summary_.resumed_rows = from_.rows;
    summary_.ranks.resize(static_cast<std::size_t>(session.size()));
    summary_.gpus = count_gpus(setup.placements);
    summary_.pool_threads = summary_.ranks.size() * static_cast<std::size_t>(setup.pipeline.pool_threads);
  }

  ExitCode run() {
    while (!writer_.progress().committed && !is_drained()) {
      const bool active = receive_statuses() | take_own_status();
      writer_.rethrow_if_failed();
      notice_own_pause();
      watch_.check();
      check_writer();
      check_for_stop();
      if (!plan_round() && !active) news_.wait(kIdle);
      report_progress();
    }
    return writer_.progress().committed ? conclude() : conclude_stopped();
  }

 private:
  /// After a pause of this process, which may have been stopped anywhere in the turn, what the others said
  /// meanwhile comes first: nobody is judged in this turn.
  void notice_own_pause() {
    if (pause_.turn() > Seconds(0)) watch_.start_anew();
  }

  bool receive_statuses() {
    bool any = false;
    while (const auto message = session_.poll(Tag::status)) {
      const auto status = deserialize_status(message->bytes);
      if (!status.error.empty())
        throw RankError(session_.describe(message->from) + ": " + status.error, status.may_go_on);
      if (!status.stop.empty())
        request_stop(status.stop + " to " + session_.describe(message->from), tells_of_time(status.stop));
      watch_.heard(static_cast<std::size_t>(message->from), status.activity);
      planner_.update(message->from, status);
      any = true;
    }
    return any;
  }

  bool take_own_status() {
    watch_.heard(0, while_awake(pipeline_.slowest(), pause_));
    if (!outbox_.collect(pipeline_)) return false;
    planner_.update(0, outbox_.take_status());
    return true;
  }

  void check_writer() const {
    const auto busy_since = writer_.progress().busy_since;
    if (!busy_since || Clock::now() - *busy_since < config_.stall_timeout ||
        pause_.awake() < config_.stall_timeout)
      return;
    throw RankError(
        session_.describe(0) + " has been writing " + config_.output + " for " +
        seconds_text(config_.stall_timeout) + " s (--stall-timeout) without an end; " +
        (can_resume_ ? "look at the file system it is on" : "it is no regular file: is it read?"));
  }

  void check_for_stop() {
    if (signals_.take_early_warning()) writer_.hurry();
    if (const auto signal = signals_.requested(); !signal.empty())
      request_stop(signal, tells_of_time(signal));
    if (config_.time_limit && Clock::now() - config_.process_start > *config_.time_limit)
      request_stop(
          "the time limit of " + seconds_text(*config_.time_limit) + " s (" + config_.time_limit_source + ")",
          true);
  }

  void request_stop(const std::string& reason, bool time_is_up) {
    if (drain_deadline_) return;
    stop_reason_ = reason;
    time_is_up_ = time_is_up;
    drain_deadline_.emplace(config_.drain_timeout);
    planner_.drain();
    writer_.hurry();
    // The launcher may leave no time for more than this.
    observer_.notice("stopping because of " + reason + ": finishing what is in flight, for at most " +
                     seconds_text(config_.drain_timeout) + " s (--drain-timeout)" +
                     (can_resume_ ? "; go on with: " + config_.resume_command
                                  : "; without --output FILE the run cannot be taken up again"));
  }

  /// On the way to a stop: nothing that was granted is missing any more, or time is up.
  bool is_drained() const { return drain_deadline_ && (all_granted_written() || drain_deadline_->passed()); }

  bool all_granted_written() const {
    const auto end = planner_.grants_end();
    return writer_.progress().next_chunk == end && end < source_.chunks();
  }

  /// False when there was nothing to do.
  bool plan_round() {
    const auto written = writer_.progress();
    const bool due = since_gather_.elapsed_s() >= kLongestWait.count();
    auto plans = planner_.decide({written.next_chunk, written.waiting_bytes}, due);
    const bool idle = std::ranges::all_of(plans, is_idle);
    if (idle && since_round_.elapsed_s() < sign_of_life_s(config_)) return false;
    send(plans);
    carry_out(plans[0]);
    return !idle;
  }

  /// A gather concerns everybody; other plans go only to whom they ask for something, or as a sign of life.
  void send(std::vector<Plan>& plans) {
    const bool sign_of_life = since_round_.elapsed_s() >= sign_of_life_s(config_);
    if (sign_of_life) since_round_ = {};
    for (std::size_t r = 1; r < plans.size(); ++r) {
      if (is_idle(plans[r]) && !sign_of_life) continue;
      for (const auto id : plans[r].grant) plans[r].chunks.push_back(source_.granted(id));
      session_.post(static_cast<int>(r), Tag::plan, serialize(plans[r]));
    }
  }

  void carry_out(const Plan& plan) {
    for (const auto id : plan.grant) pipeline_.grant(source_.granted(id));
    for (const auto id : plan.ship) accept(0, *outbox_.take(id).chunk);
    if (!plan.gather_sizes.empty()) gather(plan.gather_sizes);
  }

  void gather(const std::vector<std::uint64_t>& sizes) {
    const TimedSpan span(lane_, "gather");
    const Stopwatch watch;
    const auto blocks = gather_.gather({}, sizes);
    summary_.gather_seconds += watch.elapsed_s();
    ++summary_.gathers;
    since_gather_ = {};
    for (std::size_t r = 0; r < blocks.size(); ++r) {
      for (ByteReader message(blocks[r]); !message.at_end();) accept(r, deserialize_chunk(message));
    }
  }

  void accept(std::size_t rank, EncodedChunk chunk) {
    summary_.ranks[rank].rows += chunk.rows;
    summary_.ranks[rank].work += chunk.work;
    writer_.submit(std::move(chunk));
  }

  void report_progress() {
    const auto written = writer_.progress();
    observer_.progressed({since_start_.elapsed_s(), written.rows, written.failed, written.input_bytes,
                          total_bytes_, from_.rows, from_.input_bytes});
  }

  ExitCode conclude() {
    writer_.finish();
    const auto written = writer_.progress();
    const auto scored =
        std::accumulate(summary_.ranks.begin(), summary_.ranks.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const RankReport& rank) { return sum + rank.rows; });
    INFER_ASSERT(scored == written.rows - from_.rows);
    const auto code = config_.max_errors.permits(written.failed, written.records) ? ExitCode::complete
                                                                                  : ExitCode::records_failed;
    stop_all(code);
    collect_trace();
    summarize();
    if (code == ExitCode::records_failed) summary_.too_many_failed = too_many_failed(written);
    observer_.finished(summary_);
    return code;
  }

  /// What is written in order is kept. When something still hangs in flight, only an abort ends all ranks.
  ExitCode conclude_stopped() {
    const bool drained = all_granted_written();
    const bool hangs = !writer_.stop(std::min(config_.drain_timeout, config_.stall_timeout));
    if (writer_.progress().committed) return conclude();
    summarize();
    if (time_is_up_ && writer_.progress().next_chunk == from_.chunks) return conclude_without_rows(drained);
    const auto kept = "stopped by " + stop_reason_ + " after " + std::to_string(summary_.rows) + " rows";
    if (hangs)
      throw StoppedError(kept + "; " + config_.output + " takes no more, so what was behind them is lost");
    if (!drained) throw StoppedError(kept + "; what was still in flight is lost");
    stop_all(ExitCode::stopped);
    collect_trace();
    observer_.notice(kept + (summary_.trace.empty() ? "" : "; trace " + summary_.trace));
    return ExitCode::stopped;
  }

  std::string too_many_failed(const WriterProgress& written) const {
    const auto& allowed = config_.max_errors;
    return std::to_string(written.failed) + " of " + std::to_string(written.records) +
           " records failed, more than --max-errors " + number_text(allowed.value) +
           (allowed.percent ? "%" : "") + " allows: exit code 1";
  }

  /// As often as it is repeated, it ends like this: not with the code at which job scripts repeat it.
  ExitCode conclude_without_rows(bool drained) {
    const auto text =
        "stopped by " + stop_reason_ + " without a new row" +
        (can_resume_ ? "; --resume with as little time would end the same way: give it more, or start again "
                       "with --overwrite and"
                     : "; give it more time, or") +
        " smaller pieces of the input (--chunk-bytes, now " + std::to_string(chunk_bytes_) + ")";
    if (!drained) throw RankError(text, false);
    stop_all(ExitCode::run_failed);
    collect_trace();
    observer_.notice(text);
    return ExitCode::run_failed;
  }

  void summarize() {
    const auto written = writer_.progress();
    summary_.rows = written.rows;
    summary_.failed = written.failed;
    summary_.first_failure = written.first_failure;
    summary_.write_seconds = seconds_of(written.write_ns);
    summary_.journal_seconds = seconds_of(written.journal_ns);
    summary_.seconds = since_start_.elapsed_s();
    summary_.total_seconds = Seconds(Clock::now() - config_.process_start).count();
    if (written.first_row)
      summary_.start.first_row = Seconds(*written.first_row - config_.process_start).count();
  }

  void stop_all(ExitCode code) {
    Plan stop;
    stop.stop = true;
    stop.exit_code = static_cast<std::int32_t>(code);
    for (int rank = 1; rank < session_.size(); ++rank) session_.post(rank, Tag::plan, serialize(stop));
    session_.flush(Deadline(config_.comm_timeout));
  }

  void collect_trace() {
    summary_.trace = write_trace(session_, config_, timeline_,
                                 [this](const std::string& text) { observer_.warning(0, text); });
  }

  Session& session_;
  const RunConfig& config_;
  RunObserver& observer_;
  StopSignals& signals_;
  Gather& gather_;
  const Source& source_;
  const std::uint64_t total_bytes_ = source_.input_bytes();
  const std::uint64_t chunk_bytes_;
  const Checkpoint from_;
  Timeline& timeline_;
  Timeline::Lane& lane_;
  Planner planner_;
  RankWatch watch_;
  std::string stop_reason_;
  bool time_is_up_ = false;  ///< why it stops
  std::optional<Deadline> drain_deadline_;
  Doorbell news_;
  Outbox outbox_;
  RunSummary summary_;
  Stopwatch since_start_;
  PauseWatch pause_{Seconds(sign_of_life_s(config_))};
  Stopwatch since_round_;
  Stopwatch since_gather_;
  const bool can_resume_;
  OrderedWriter writer_;
  RankPipeline pipeline_;  // last: its threads ring news_
};

}  // namespace

ExitCode lead(Session& session, const RunConfig& config, RunSetup& setup, RunObserver& observer,
              StopSignals& signals) {
  return Leader(session, config, setup, observer, signals).run();
}

}  // namespace infer
