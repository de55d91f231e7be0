#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "pipeline/outbox.hpp"
#include "pipeline/planner.hpp"
#include "pipeline/roles.hpp"
#include "writer/npy.hpp"
#include "writer/ordered_writer.hpp"

namespace infer {
namespace {

constexpr std::chrono::microseconds kIdle{1000};
constexpr Seconds kLongestWait{0.02};  ///< of a finished chunk for its round
constexpr Seconds kStopTimeout{10};    ///< for the last message to reach everyone

PlannerConfig planner_config(const Session& session, const RunConfig& config,
                             const PipelineConfig& pipeline) {
  PlannerConfig planner;
  planner.ranks = session.size();
  planner.chunks = pipeline.chunks.chunks();
  planner.schedule = config.schedule;
  planner.max_backlog = backlog_limit(pipeline);
  planner.max_held = pipeline.max_held;
  planner.window = pipeline.max_held * static_cast<std::uint64_t>(session.size());
  return planner;
}

WriterConfig writer_config(const Session& session, const RunConfig& config, const PipelineConfig& pipeline) {
  WriterConfig writer;
  writer.output = config.output;
  writer.errors = config.errors;
  writer.stop_at_first_failure = config.on_error == OnError::fail;
  writer.chunks = pipeline.chunks.chunks();
  writer.window = pipeline.max_held * static_cast<std::size_t>(session.size());
  if (config.array) {
    writer.header = [dtype = *config.array, width = pipeline.signature.result.width](std::uint64_t rows) {
      return npy_header(dtype, rows, width);
    };
  }
  return writer;
}

class Leader {
 public:
  Leader(Session& session, const RunConfig& config, RunSetup& setup, RunObserver& observer)
      : session_(session),
        config_(config),
        observer_(observer),
        gather_(*setup.gather),
        chunks_(setup.pipeline.chunks),
        planner_(planner_config(session, config, setup.pipeline)),
        last_seen_(static_cast<std::size_t>(session.size())),
        writer_(writer_config(session, config, setup.pipeline), [this] { news_.ring(); }),
        pipeline_(setup.pipeline, *setup.model, [this] { news_.ring(); }) {
    summary_.start = setup.times;
    summary_.output = config.output;
    summary_.ranks.resize(last_seen_.size());
  }

  ExitCode run() {
    while (!writer_.progress().committed) {
      const bool active = receive_statuses() | take_own_status();
      writer_.rethrow_if_failed();
      check_silence();
      if (!plan_round() && !active) news_.wait(kIdle);
      report_progress();
    }
    writer_.finish();
    return conclude();
  }

 private:
  bool receive_statuses() {
    bool any = false;
    while (const auto message = session_.poll(Tag::status)) {
      const auto status = deserialize_status(message->bytes);
      if (!status.error.empty()) throw RankError(session_.describe(message->from) + ": " + status.error);
      last_seen_[static_cast<std::size_t>(message->from)] = {};
      planner_.update(message->from, status);
      any = true;
    }
    return any;
  }

  bool take_own_status() {
    last_seen_[0] = {};
    if (!outbox_.collect(pipeline_)) return false;
    planner_.update(0, outbox_.take_status());
    return true;
  }

  void check_silence() const {
    const auto late = [this](const Stopwatch& seen) {
      return seen.elapsed_s() > config_.comm_timeout.count();
    };
    const auto rank = std::ranges::find_if(last_seen_, late);
    if (rank == last_seen_.end()) return;
    throw RankError("no sign of life from " + session_.describe(static_cast<int>(rank - last_seen_.begin())) +
                    " for " + std::to_string(static_cast<long>(config_.comm_timeout.count())) +
                    " s (--comm-timeout); it is stopped, dead, or cut off from this host");
  }

  /// False when there was nothing to do.
  bool plan_round() {
    const auto written = writer_.progress();
    const bool due = since_gather_.elapsed_s() >= kLongestWait.count();
    const auto plans = planner_.decide({written.next_chunk, written.waiting_bytes}, due);
    const bool idle = std::ranges::all_of(plans, is_idle);
    if (idle && since_round_.elapsed_s() < sign_of_life_s(config_)) return false;
    send(plans);
    carry_out(plans[0]);
    return !idle;
  }

  /// A gather concerns everybody; other plans go only to whom they ask for something, or as a sign of life.
  void send(const std::vector<Plan>& plans) {
    const bool sign_of_life = since_round_.elapsed_s() >= sign_of_life_s(config_);
    if (sign_of_life) since_round_ = {};
    for (std::size_t r = 1; r < plans.size(); ++r) {
      if (!is_idle(plans[r]) || sign_of_life)
        session_.post(static_cast<int>(r), Tag::plan, serialize(plans[r]));
    }
  }

  void carry_out(const Plan& plan) {
    for (const auto id : plan.grant) pipeline_.grant(chunks_.range(id));
    for (const auto id : plan.ship) accept(0, *outbox_.take(id).chunk);
    if (!plan.gather_sizes.empty()) gather(plan.gather_sizes);
  }

  void gather(const std::vector<std::uint64_t>& sizes) {
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
    observer_.progressed(
        {since_start_.elapsed_s(), written.rows, written.failed, written.input_bytes, chunks_.input_bytes()});
  }

  ExitCode conclude() {
    const auto written = writer_.progress();
    const auto scored =
        std::accumulate(summary_.ranks.begin(), summary_.ranks.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const RankReport& rank) { return sum + rank.rows; });
    INFER_ASSERT(scored == written.rows);
    const auto code = config_.max_errors.permits(written.failed, written.rows) ? ExitCode::complete
                                                                               : ExitCode::records_failed;
    stop_all(code);
    summary_.rows = written.rows;
    summary_.failed = written.failed;
    summary_.first_failure = written.first_failure;
    summary_.write_seconds = static_cast<double>(written.write_ns) * 1e-9;
    summary_.seconds = since_start_.elapsed_s();
    summary_.total_seconds = Seconds(Clock::now() - config_.process_start).count();
    if (written.first_row)
      summary_.start.first_row = Seconds(*written.first_row - config_.process_start).count();
    observer_.finished(summary_);
    return code;
  }

  void stop_all(ExitCode code) {
    Plan stop;
    stop.stop = true;
    stop.exit_code = static_cast<std::int32_t>(code);
    for (int rank = 1; rank < session_.size(); ++rank) session_.post(rank, Tag::plan, serialize(stop));
    session_.flush(Deadline(kStopTimeout));
  }

  Session& session_;
  const RunConfig& config_;
  RunObserver& observer_;
  Gather& gather_;
  const ChunkPlan chunks_;
  Planner planner_;
  Doorbell news_;
  Outbox outbox_;
  RunSummary summary_;
  std::vector<Stopwatch> last_seen_;  // by rank
  Stopwatch since_start_;
  Stopwatch since_round_;
  Stopwatch since_gather_;
  OrderedWriter writer_;
  RankPipeline pipeline_;  // last: its threads ring news_
};

}  // namespace

ExitCode lead(Session& session, const RunConfig& config, RunSetup& setup, RunObserver& observer) {
  return Leader(session, config, setup, observer).run();
}

}  // namespace infer
