// The two parts that ranks play while the run is on: rank 0 leads, the others follow its plans.
#pragma once

#include <algorithm>
#include <vector>

#include "base/stop_signals.hpp"
#include "comm/channel.hpp"
#include "config/config.hpp"
#include "start/observer.hpp"
#include "start/setup.hpp"

namespace infer {

/// How often a rank says that it is there, whatever else: well within what is taken for silence.
inline double sign_of_life_s(const RunConfig& config) {
  return std::min(1.0, config.stops.comm_timeout.count() / 4);
}

/// Rank 0: plans the rounds, works on chunks itself, writes. Throws what ends the run.
/// `headers`: of each output.
ExitCode lead(Channel& channel, const RunConfig& config, RunSetup& setup,
              const std::vector<RunHeader>& headers, RunObserver& observer, StopSignals& signals);

/// Every other rank: works on what it is granted until a plan says stop. An error of this rank is reported
/// to rank 0, which ends the run; thrown here only when rank 0 does not react.
ExitCode follow(Channel& channel, const RunConfig& config, RunSetup& setup, StopSignals& signals);

}  // namespace infer
