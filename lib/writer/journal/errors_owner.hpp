// Whose an errors file is: two runs never write one. As long as a run is not complete, the journal beside its
// errors file names its output.
#pragma once

#include "writer/journal/journal_text.hpp"
#include "writer/output_name.hpp"

namespace infer {

/// What an errors file's journal says while the run of `output` is unfinished.
RunRecord claim_record(const OutputPath& output);

// Each takes the journal beside the file that is wanted, and throws UsageError where that is of a run which
// is neither complete nor given up.

/// For errors, by a run that writes `output`: another run has them, be it as its own output.
void refuse_errors_of_another(const JournalText& journal, const OutputPath& errors, const OutputPath& output);

/// For an output: it is an errors file.
void refuse_errors_as_output(const JournalText& journal, const OutputPath& output);

}  // namespace infer
