// Whether files are as a checkpoint says, unfinished or finished.
#pragma once

#include <vector>

#include "writer/journal/journal_text.hpp"
#include "writer/output_file.hpp"

namespace infer {

/// Every file's last segment is at its place, under the name it has before or, for a complete output, after
/// the end. Reads the segments.
bool is_on_disk(const Checkpoint& checkpoint, const std::vector<OutputPath>& paths);

/// What a finished output was made of and its last checkpoint, by its NAME.run. Throws UsageError when that
/// is not there, or when the output is not the one of which it tells.
JournalText finished_run(const OutputPath& output);

}  // namespace infer
