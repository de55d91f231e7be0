// What a run's output is a function of, as named facts: the journal keeps them, and --resume compares.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "keys/keys_text.hpp"
#include "reader/source.hpp"
#include "start/runners.hpp"
#include "worker/scoring_config.hpp"
#include "writer/journal/run_differences.hpp"

namespace infer {

/// `runners`: this rank's. Reads the model file's end.
RunRecord describe_output(const RunConfig& config, const ModelFile& model, const Source& source,
                          const ScoringConfig& scoring, const Runners& runners);

/// Of what all rows are a function, but for what is copied and for last digits: what two outputs must have in
/// common so that rows of one can be taken over by the other.
std::vector<KeyFact> key_facts(const RunConfig& config, const RunRecord& run, const Signature& signature);

/// Without what says nothing where the input was but copied or moved.
RunRecord without_names_and_times(RunRecord run);

/// Whether these files are those of `run`, as far as names, sizes and times say.
bool has_input(const RunRecord& run, const std::vector<InputFile>& files);

/// compare_facts(), but of another number of inputs only that.
Differences differences_of(const RunRecord& then, const RunRecord& now);

/// Of the input only whether it has as many files.
Differences differences_but_input(const RunRecord& then, const RunRecord& now);

/// What differs between a finished output and a run with --retry-errors and forbids it: the rows of both must
/// be of one input and model, and mean the same. What can but turn a failed record into a row may differ, and
/// the input where that was repaired. `is_cut`: the output's bytes depend on where chunks end.
std::vector<std::string> differences_for_retry(const RunRecord& then, const RunRecord& now,
                                               bool is_cut = false);

}  // namespace infer
