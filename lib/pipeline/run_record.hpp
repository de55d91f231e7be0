// What a run's output is a function of, as named facts: the journal keeps them, and --resume compares.
#pragma once

#include "pipeline/config.hpp"
#include "pipeline/rank_pipeline.hpp"
#include "pipeline/runners.hpp"
#include "writer/journal_text.hpp"

namespace infer {

/// `runners`: this rank's. Reads the model file's end.
RunRecord describe_output(const RunConfig& config, const PipelineConfig& pipeline, const Runners& runners);

}  // namespace infer
