// What the stages of a rank need, from the settings and the signature.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "reader/input_file.hpp"
#include "start/scorer.hpp"
#include "worker/rank_pipeline.hpp"
#include "writer/output_form.hpp"

namespace infer {

/// As messages and error rows have them.
std::vector<std::string> input_names(const InputOptions& input);

/// What is around the rows that such an encoder makes.
OutputForm output_form(const EncoderConfig& encoder);

EncoderConfig encoder_config(const RunConfig& config, const ResultSpec& result);

/// Of one output.
ScoringConfig scoring_config(const RunConfig& config, const Scorer& scorer);

/// Of a rank, for all scorings of a run, of which `model` is the first one's. What finished chunks are wanted
/// as, and the timeline, are left to the caller.
PipelineConfig pipeline_config(const RunConfig& config, std::vector<ScoringConfig> scorings,
                               const LoadedModel& model, std::vector<InputFile> files, int pool_threads);

}  // namespace infer
