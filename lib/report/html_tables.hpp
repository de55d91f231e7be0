// The report's tables. Internal to it.
#pragma once

#include <string>

#include "report/run_account.hpp"

namespace infer::detail {

std::string failures_table(const RunAccount& run);
/// How busy the stages were, of all ranks.
std::string stages_table(const RunAccount& run);
/// Folded up where there are many.
std::string ranks_table(const RunAccount& run);
std::string sessions_table(const RunAccount& run);
std::string gates_table(const RunAccount& run);
/// Command, versions, digests and all that the output is a function of.
std::string facts_table(const RunAccount& run);

}  // namespace infer::detail
