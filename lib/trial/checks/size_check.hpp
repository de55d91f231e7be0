// How many rows a batch may have, and whether each has its own result. Internal to how signatures are
// settled.
#pragma once

#include <cstddef>

#include "trial/trial_runs.hpp"

namespace infer::detail {

/// By what the model says to `first` alone, twice, and in `several`: two rows or more, of which the last is
/// `first`. Where one record is too few, all further runs of `runs` know it. The most rows that a batch may
/// have, where those are fewer than were tried; else 0. Throws UsageError where the rows of a batch cannot be
/// told apart.
std::size_t check_sizes(TrialRuns& runs, std::size_t first, const Rows& several);

}  // namespace infer::detail
