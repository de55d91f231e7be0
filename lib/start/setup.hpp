// Everything between the command line and the first chunk: what to read, on which device, with which model
// and signature; agreed by all ranks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "comm/gather.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "keys/keys_text.hpp"
#include "start/earlier/output_claim.hpp"
#include "start/earlier/run_start.hpp"
#include "start/observer.hpp"
#include "start/parts/parts_setup.hpp"
#include "start/placement.hpp"
#include "start/scorer.hpp"
#include "worker/rank_pipeline.hpp"
#include "writer/parts/manifest.hpp"

namespace infer {

/// What of a run belongs to one of its outputs.
struct OutputSetup {
  RunConfig config;  ///< as if it were the only one
  LoadedModel model;
  std::optional<KeysHead> keys;  ///< of the keys beside the rows
  // On rank 0 only:
  OutputClaim claim;
  RunStart start;
};

/// What rank 0 has besides.
struct LeadSetup {
  std::shared_ptr<Source> source;     ///< of what is to be scored
  ManifestSum parts_done;             ///< with parts: of those that an earlier run has finished
  std::vector<Placement> placements;  ///< of all ranks
};

struct RunSetup {
  PipelineConfig pipeline;
  std::vector<OutputSetup> outputs;  ///< that are not complete yet, as many as the pipeline has scorings
  std::unique_ptr<Gather> gather;
  StartTimes times;
  std::optional<PartsSetup> parts;  ///< empty: rows go to a single file
  std::optional<LeadSetup> lead;    ///< on rank 0 only

  /// Ranks that have a model together.
  int group_ranks() const { return outputs.front().model.runners.group.ranks; }
};

struct NothingToDo {
  std::string why;
};

/// Collective: on all ranks the same of the two. Throws AgreedError on every rank when anything is wrong with
/// what the user gave.
std::variant<RunSetup, NothingToDo> prepare_run(World& world, const RunConfig& config, RunObserver& observer);

}  // namespace infer
