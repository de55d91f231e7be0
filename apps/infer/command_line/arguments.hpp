// Arguments and INFER_ variables as they are typed, before CLI11 reads them: what is empty, what was
// mistyped.
#pragma once

#include <string>
#include <vector>

namespace infer {

/// How a flag is written.
struct FlagForm {
  std::vector<std::string> long_names;   ///< without dashes
  std::vector<std::string> short_names;  ///< likewise, one letter each
  bool takes_value = true;
  bool may_be_empty = false;
};

/// Whether an argument is the flag's name, with its dashes.
bool names_flag(const FlagForm& flag, const std::string& argument);

/// "INFER_MAX_BATCH_SIZE" for "max-batch-size".
std::string environment_name(const std::string& long_name);

bool is_given(const std::vector<std::string>& arguments, const FlagForm& flag);

/// The same arguments in a form that CLI11 2.1 reads right: of `--name=` it takes the next argument as the
/// value. Throws UsageError for a flag whose value is empty, or where another flag stands in its place:
/// `--output=$OUT` and `--output $OUT --resume` with OUT empty.
std::vector<std::string> with_whole_values(const std::vector<FlagForm>& flags,
                                           const std::vector<std::string>& arguments);

/// Those of `variables` (names) that begin with INFER_ and mean nothing. Throws UsageError for one that is a
/// flag's but for a letter or underscores.
std::vector<std::string> unknown_variables(const std::vector<FlagForm>& flags,
                                           const std::vector<std::string>& variables);

/// Names of all variables that are set.
std::vector<std::string> variable_names();

}  // namespace infer
