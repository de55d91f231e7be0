// On rank 0: what the run's output is a function of, and from where it is still to be made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "keys/keys_text.hpp"
#include "model_file/model_file.hpp"
#include "reader/source.hpp"
#include "start/earlier/input_digests.hpp"
#include "start/earlier/to_score.hpp"
#include "start/observer.hpp"
#include "start/runners.hpp"
#include "worker/scoring_config.hpp"
#include "writer/journal/output_start.hpp"
#include "writer/splice/retry_config.hpp"

namespace infer {

struct RunStart {
  RunRecord run;
  std::vector<KeyFact> key_facts;    ///< where keys are wanted
  Checkpoint from;                   ///< what of it is done
  std::optional<RetryConfig> retry;  ///< the records are those that failed in an earlier output
  /// What the source is to leave out, and to compare; empty where nobody needs it any more.
  std::optional<Scored> behind;
  std::string nothing_to_do;  ///< why the run ends before it begins; empty: there is something
};

/// Of one output. Refuses, by UsageError, to go on with, or to call complete,
/// what another input, model or option has begun. May read the input as far as it was scored.
RunStart settle_start(const RunConfig& config, const ModelFile& model, const FoundOutput& earlier,
                      const ToScore& to_score, const ScoringConfig& scoring, const Runners& runners,
                      InputDigests& digests, RunObserver& observer);

}  // namespace infer
