// Everything between the command line and the first chunk: what to read, on which device, with which model
// and signature; agreed by all ranks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "comm/gather.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "model/model.hpp"
#include "start/observer.hpp"
#include "start/placement.hpp"
#include "start/retry.hpp"
#include "start/runners.hpp"
#include "worker/rank_pipeline.hpp"
#include "writer/journal.hpp"

namespace infer {

struct RunSetup {
  PipelineConfig pipeline;
  std::shared_ptr<const ModelFile> model_file;
  std::vector<std::shared_ptr<Model>>
      models;  ///< one entry per batch at a time; shared with a thread that may hang
  std::unique_ptr<Gather> gather;
  Runners runners;                    ///< this rank's
  ModelTreatment treatment;           ///< which the models have been given
  std::vector<Placement> placements;  ///< of all ranks, on rank 0 only
  StartTimes times;
  std::string nothing_to_do;  ///< why all leave at once; the rest is not filled in then
  // On rank 0 only:
  std::shared_ptr<Source> source;         ///< of what is to be scored
  std::unique_ptr<Journal> journal;       ///< null when the output cannot be taken up again
  std::unique_ptr<Journal> errors_claim;  ///< of an errors file
  UniqueFd trace_claim;                   ///< for as long as it is open
  std::optional<RetryConfig> retry;       ///< the chunks are those of a selection
  RunRecord run;                          ///< what the output is a function of
  Checkpoint from;                        ///< what of it is done
};

/// Collective. Throws AgreedError on every rank when anything is wrong with what the user gave.
RunSetup prepare_run(World& world, const RunConfig& config, RunObserver& observer);

}  // namespace infer
