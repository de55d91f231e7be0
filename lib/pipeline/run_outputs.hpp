// All outputs of a run on rank 0: what is written of each, and what is told of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "comm/channel.hpp"
#include "config/choices.hpp"
#include "pipeline/account/report_files.hpp"
#include "pipeline/account/run_report.hpp"
#include "start/observer.hpp"
#include "start/setup.hpp"
#include "writer/ordered_writer.hpp"

namespace infer {

/// What is to be told of a committed output.
struct OutputEnd {
  RunAccount told;
  RunSummary summary;
  std::string why_not;  ///< it is no success; empty where it is
};

/// One of them.
struct RunOutput {
  RunOutput(const Channel& channel, RunSetup& run, std::size_t which, const RunHeader& header,
            RunObserver& observer, const std::function<void()>& on_news);

  const OutputSetup& setup;
  RunReport report;
  ReportFiles files;
  OrderedWriter writer;

  RunAccount account() const { return report.account(writer.progress(), writer.account()); }
  /// Once it is committed.
  OutputEnd end();
  /// The report's name; empty without one.
  std::string write_report(RunAccount told, RunState state, ExitCode code, const std::string& reason);
};

/// Main thread only. Keeps references to what it is given; `on_news` is called from the writers' threads.
class RunOutputs {
 public:
  /// `headers`: of each.
  RunOutputs(const Channel& channel, RunSetup& setup, const std::vector<RunHeader>& headers,
             RunObserver& observer, const std::function<void()>& on_news);

  std::deque<RunOutput>& each() { return outputs_; }
  const std::deque<RunOutput>& each() const { return outputs_; }

  // As OrderedWriter has it, for all of them.
  void end_at(std::uint64_t chunks);
  std::vector<PartOrder> take_orders() { return outputs_.front().writer.take_orders(); }
  void finished(const FinishedPart& part) { outputs_.front().writer.finished(part); }
  void hurry();
  void rethrow_if_failed() const;
  /// One that hangs; null where all have stopped.
  const RunOutput* stop(Seconds limit);
  bool can_resume() const;

  /// `rank` scored the chunk, which goes to its output.
  void accept(std::size_t rank, EncodedChunk chunk);
  void add_gather(double seconds);

  /// Of the one that is furthest behind; what waits is of all, and all are committed or none is.
  WriterProgress progress() const;
  /// What is told of that one.
  RunProgress told_progress() const;
  /// Some output has more than when the run began.
  bool has_grown() const;
  /// The one whose writer has been at one step since then or before.
  const RunOutput* busy_since(Clock::time_point then) const;

  /// Called often.
  void progressed();
  /// The reports' names, joined.
  std::string write_reports(RunState state, ExitCode code, const std::string& reason);

 private:
  const RunOutput& furthest_behind() const;

  std::deque<RunOutput> outputs_;
};

}  // namespace infer
