// The outputs of a run on their way to its setup, and what is settled for all of them together.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "config/config.hpp"
#include "keys/keys_text.hpp"
#include "start/earlier/output_claim.hpp"
#include "start/earlier/run_start.hpp"
#include "start/earlier/to_score.hpp"
#include "start/observer.hpp"
#include "start/rank_share.hpp"
#include "start/scorer.hpp"
#include "start/setup.hpp"
#include "worker/scoring_config.hpp"

namespace infer {

/// One of them. What is rank 0's stays empty on the others.
struct Preparing {
  RunConfig config;
  std::shared_ptr<const ModelFile> file{};
  RankShare share{};
  OutputClaim claim{};
  Scorer scorer{};
  ScoringConfig scoring{};
  RunStart start{};
  std::vector<KeyFact> key_facts{};
};

/// On rank 0. Throws as check_file_roles() and claim_outputs() do.
void claim_all(std::span<Preparing> outputs);

/// On rank 0: the source is of all of them. Throws as joint_chunk_bytes() and choose_records() do.
ToScore choose_records_of_all(std::span<const Preparing> outputs, const std::vector<InputFile>& files,
                              int ranks, RunObserver& observer);

/// As the first one's runners, with the devices that the others have besides.
Runners devices_of_all(std::span<const Preparing> outputs);

/// As joint_scored() has it.
std::vector<Scored> scored_of_all(std::span<const Preparing> outputs);

std::vector<std::vector<KeyFact>> key_facts_of_all(std::span<const Preparing> outputs);

/// With the stages that they share.
std::vector<ScoringConfig> scorings_of_all(std::span<const Preparing> outputs);

OutputSetup prepared(Preparing output);

}  // namespace infer
