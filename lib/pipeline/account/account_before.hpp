// What a run's report says that is known before the first chunk is granted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "report/run_account.hpp"
#include "start/setup.hpp"

namespace infer {

/// Nanoseconds since 1970.
std::int64_t now_ns();

/// Rank 0's, of one output; `ranks` are those that get work.
RunAccount account_before(const RunSetup& setup, const OutputSetup& output, const RunHeader& header,
                          std::size_t ranks);

/// The checkpoint to go on from, with a session that begins now.
Checkpoint begin_session(Checkpoint from, std::size_t ranks);

}  // namespace infer
