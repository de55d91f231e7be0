// What the name of a file promises about what is in it.
#pragma once

#include <string>

namespace infer {

/// `flag` writes JSON Lines, or another text, under this name: refuses one that means something else to
/// whoever opens it (.parquet, .csv, .gz). Throws UsageError.
void check_file_name(const std::string& flag, const std::string& name);

}  // namespace infer
