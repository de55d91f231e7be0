// Whether files are as a checkpoint says, unfinished or finished.
#pragma once

#include <vector>

#include "config/choices.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/output_name.hpp"

namespace infer {

/// Output, errors file and keys, as far as they are asked for: as a checkpoint has its files.
std::vector<OutputPath> output_paths(const OutputNames& names);

/// Every file's last segment is at its place, under the name it has before or, for a complete output, after
/// the end. Reads the segments.
bool is_on_disk(const Checkpoint& checkpoint, const std::vector<OutputPath>& paths);

/// The newest checkpoint whose files are on disk as it says: the last segment of each is read again. One of
/// zero chunks when there is none.
Checkpoint usable_checkpoint(const JournalText& journal, const OutputNames& names);

/// What a finished output was made of and its last checkpoint, by its NAME.run. Throws UsageError when that
/// is not there, or when the output is not the one of which it tells.
JournalText finished_run(const OutputPath& output);

}  // namespace infer
