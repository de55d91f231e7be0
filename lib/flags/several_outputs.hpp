// Of the flags that a run of several models repeats: which value is whose.
#pragma once

#include "config/config.hpp"
#include "flags/run_config.hpp"

namespace infer::detail {

/// Makes config.others whole, whose own flags were put there. Throws UsageError where some output lacks what
/// the others have, or where the run cannot have several.
void complete_others(RunConfig& config, const GivenFlags& given);

}  // namespace infer::detail
