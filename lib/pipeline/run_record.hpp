// What a run's output is a function of, as named facts: the journal keeps them, and --resume compares.
#pragma once

#include <string>
#include <vector>

#include "pipeline/config.hpp"
#include "pipeline/rank_pipeline.hpp"
#include "pipeline/runners.hpp"
#include "writer/journal_text.hpp"

namespace infer {

/// `runners`: this rank's. Reads the model file's end.
RunRecord describe_output(const RunConfig& config, const PipelineConfig& pipeline, const Runners& runners);

/// What differs between a finished output and a run with --retry-errors and forbids it: the rows of both must
/// be of one input and model, and mean the same. What can but turn a failed record into a row may differ.
std::vector<std::string> differences_for_retry(const RunRecord& then, const RunRecord& now);

}  // namespace infer
