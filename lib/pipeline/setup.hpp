// Everything between the command line and the first chunk: what to read, on which device, with which model
// and signature; agreed by all ranks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "comm/gather.hpp"
#include "comm/session.hpp"
#include "model/model.hpp"
#include "pipeline/config.hpp"
#include "pipeline/observer.hpp"
#include "pipeline/placement.hpp"
#include "pipeline/rank_pipeline.hpp"

namespace infer {

struct RunSetup {
  PipelineConfig pipeline;
  std::unique_ptr<Model> model;
  std::unique_ptr<Gather> gather;
  std::string device;                 ///< this rank's
  int threads = 1;                    ///< of the model on the CPU
  std::vector<Placement> placements;  ///< of all ranks, on rank 0 only
  StartTimes times;
};

/// Collective. Throws AgreedError on every rank when anything is wrong with what the user gave.
RunSetup prepare_run(Session& session, const RunConfig& config, RunObserver& observer);

}  // namespace infer
