// What a run's output is a function of, as named facts: the journal keeps them.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "keys/keys_text.hpp"
#include "reader/source.hpp"
#include "start/runners.hpp"
#include "worker/scoring_config.hpp"
#include "writer/journal/journal_text.hpp"

namespace infer {

/// `runners`: this rank's. Reads the model file's end.
RunRecord describe_output(const RunConfig& config, const ModelFile& model, const Source& source,
                          const ScoringConfig& scoring, const Runners& runners);

/// Of what all rows are a function, but for what is copied and for last digits: what two outputs must have in
/// common so that rows of one can be taken over by the other.
std::vector<KeyFact> key_facts(const RunConfig& config, const RunRecord& run, const Signature& signature);

/// Of an input: its name, or what tells it apart.
bool is_input(const Fact& fact);
bool is_input_size(const Fact& fact);

/// Without what says nothing where the input was but copied or moved.
RunRecord without_names_and_times(RunRecord run);

/// Whether these files are those of `run`, as far as names, sizes and times say.
bool has_input(const RunRecord& run, const std::vector<InputFile>& files);

}  // namespace infer
