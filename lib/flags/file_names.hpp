// What the name of a file promises about what is in it.
#pragma once

#include <string>

namespace infer {

/// `flag` writes JSON Lines, or another text, under this name: refuses one that means something else to
/// whoever opens it (.parquet, .csv where no rows are, .bz2). Throws UsageError.
void check_file_name(const std::string& flag, const std::string& name);

/// Of files that are packed: ".gz or .zst".
std::string packed_endings();

}  // namespace infer
