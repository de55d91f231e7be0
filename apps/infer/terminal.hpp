// What a person sees on stderr: header, progress, summary.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "start/observer.hpp"

namespace infer {

class TerminalObserver final : public RunObserver {
 public:
  TerminalObserver(bool quiet, bool verbose);

  void started(const RunHeader& header) override;
  void progressed(const RunProgress& progress) override;
  void finished(const RunSummary& summary) override;
  void notice(const std::string& text) override;
  void warning(int rank, const std::string& text) override;

 private:
  void draw(const RunProgress& progress);
  void clear_line();

  const bool quiet_;
  const bool verbose_;
  const bool redraw_;  ///< stderr is a terminal
  Stopwatch since_line_;
  bool line_open_ = false;
};

}  // namespace infer
