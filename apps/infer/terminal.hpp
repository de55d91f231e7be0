// What a person sees on stderr: header, progress, summary.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "progress/log_sink.hpp"
#include "start/observer.hpp"

namespace infer {

class TerminalObserver final : public RunObserver {
 public:
  /// Keeps a reference to `log`.
  TerminalObserver(const Invocation& command, LogSink& log);

  void started(const std::vector<RunHeader>& headers) override;
  bool wants_progress() override;
  void progressed(const RunProgress& progress) override;
  void finished(const RunSummary& summary) override;
  void notice(const std::string& text) override;
  void warning(int rank, const std::string& text) override;

 private:
  const bool quiet_;
  const bool verbose_;
  LogSink& log_;
  const LogLook look_;
  double interval_s_ = 0;  // between two looks at the progress; 0: there is none
  Stopwatch since_look_;
};

}  // namespace infer
