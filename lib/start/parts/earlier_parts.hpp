// On rank 0: the parts that an earlier run has left in a folder, and what becomes of them.
#pragma once

#include "config/config.hpp"
#include "writer/journal/output_start.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {

/// Makes the folder where there is none, though not the one above. Throws UsageError.
void make_parts_folder(const std::string& folder);

/// Throws UsageError for parts of which neither a manifest nor a journal tells: they are somebody's.
void check_parts_are_known(const OutputOptions& output, const FoundOutput& found);

/// What a finished folder's manifest tells. Throws UsageError.
Manifest finished_manifest(const OutputOptions& output);

/// Keeps the parts up to `from`, which must be as the manifest, unfinished, says, and removes all others of
/// these names. `is_retry`: `from` is of the records that are scored again. Throws UsageError. Those that are
/// kept.
Manifest keep_parts(const OutputOptions& output, const PartNames& names, const Checkpoint& from,
                    bool is_retry = false);

}  // namespace infer
