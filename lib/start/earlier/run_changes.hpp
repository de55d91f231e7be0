// What is not as it was in an earlier run, so that its output cannot be gone on with, or retried. Pure.
#pragma once

#include <string>
#include <vector>

#include "writer/journal/journal_text.hpp"
#include "writer/journal/run_differences.hpp"

namespace infer {

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
