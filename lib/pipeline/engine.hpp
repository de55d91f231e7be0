// One run, from the configuration to the committed output: the place that knows every stage.
#pragma once

#include "base/stop_signals.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "start/observer.hpp"

namespace infer {

/// Collective. Scores the whole input; all ranks return the same code (complete, records_failed or stopped).
/// Arms `signals` once there is something to lose.
/// Throws AgreedError, on every rank alike, for what was found wrong before any work. Any other exception
/// may be this rank's own: the caller prints it and ends the job with World::abort().
ExitCode run_inference(World& world, const RunConfig& config, RunObserver& observer, StopSignals& signals);

/// What to add to the message of a failed run: how to go on. Empty when nothing can be taken up again.
std::string how_to_go_on(const RunConfig& config);

}  // namespace infer
