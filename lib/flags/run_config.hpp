// From flags as they were given to the configuration of a run.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flags/flag.hpp"

namespace infer {

struct GivenFlags {
  std::vector<std::pair<const Flag*, GivenValue>> values;  ///< of their flags' forms
  std::set<std::string> typed;                 ///< names of the flags on the command line, not in a file
  std::vector<std::string> unknown_variables;  ///< INFER_... that are set and mean nothing
  std::string config_file;                     ///< what --config named; empty: none
};

/// Reads the list of inputs. Throws UsageError with the flag, the value and what is allowed.
RunConfig make_run_config(const GivenFlags& given);

}  // namespace infer
