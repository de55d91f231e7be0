// Signals that ask a run to end: SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2.
#pragma once

#include <string>

namespace infer {

/// Create one, in main, before other threads. Those signals that whoever started the process had it ignore
/// stay ignored; those that it blocked come through. Until arm() a signal ends the process at once with
/// ExitCode::stopped: nothing is begun yet. After it, the first one is noted for whoever asks, and a SIGINT
/// that follows another signal ends the process.
class StopSignals {
 public:
  /// `speaks`: this process may write to stderr why it ends at once.
  explicit StopSignals(bool speaks);
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  /// Gives the signals their default effect.
  ~StopSignals();

  void arm();

  /// "SIGTERM"; empty while there was none.
  std::string requested() const;

  /// True once after each SIGCONT: mpirun of Open MPI sends it 0.25 or 1 s before SIGTERM.
  bool take_early_warning();
};

}  // namespace infer
