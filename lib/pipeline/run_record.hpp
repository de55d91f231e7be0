// What a run's output is a function of, as named facts: the journal keeps them, and --resume compares.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/config.hpp"
#include "pipeline/rank_pipeline.hpp"
#include "writer/journal_text.hpp"

namespace infer {

/// `device` and `threads`: this rank's. Reads the model file's end.
RunRecord describe_output(const RunConfig& config, const PipelineConfig& pipeline, const std::string& device,
                          int threads);

}  // namespace infer
