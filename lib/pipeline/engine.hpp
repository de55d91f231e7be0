// One run, from the configuration to the committed output: the place that knows every stage.
#pragma once

#include "comm/session.hpp"
#include "pipeline/config.hpp"
#include "pipeline/observer.hpp"

namespace infer {

/// Collective. Scores the whole input; all ranks return the same code (complete or records_failed).
/// Throws AgreedError, on every rank alike, for what was found wrong before any work. Any other exception
/// may be this rank's own: the caller prints it and ends the job with Session::abort().
ExitCode run_inference(Session& session, const RunConfig& config, RunObserver& observer);

}  // namespace infer
