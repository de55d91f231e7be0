// Lines on what comes of the first records, and on where the run would begin.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "check/checklist.hpp"
#include "config/config.hpp"
#include "reader/input_file.hpp"
#include "start/rank_share.hpp"
#include "start/scorer.hpp"
#include "writer/journal/output_start.hpp"

namespace infer {

/// What the lines before have shown, on this rank; empty where they failed.
struct KnownSoFar {
  std::shared_ptr<const ModelFile> file;
  std::optional<RankShare> share;
  std::optional<LoadedModel> model;
  std::optional<std::vector<InputFile>> files;
  std::optional<FoundOutput> earlier;  ///< on rank 0
};

/// On rank 0: "trial", "signature", "records", "scored", "start" and "disk". Takes the model.
void check_first_records(Channel& channel, const RunConfig& config, KnownSoFar known, Checklist& list);

}  // namespace infer
