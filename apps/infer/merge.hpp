// `infer merge` as a command: does it and says what came of it.
#pragma once

#include "base/error.hpp"
#include "merge/merge.hpp"

namespace infer {

ExitCode merge(const MergeRequest& request);

}  // namespace infer
