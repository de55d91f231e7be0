// Runs Catch tests on all ranks of a job as one test: one report, one verdict.
#pragma once

#include <functional>
#include <string>

#include "comm/agreement.hpp"
#include "comm/world.hpp"

namespace infer {

/// Of the running test program.
World& test_world();
Channel& test_channel();

/// A deadline for what should succeed at once.
inline Deadline soon() { return Deadline(Seconds(20)); }

/// main() of a test program. Rank 0 reports; another rank's report is shown only if it has failures. The exit
/// code is the same on all ranks: 0, 1, or 77 when `skip_reason` gives a reason on any rank.
int run_mpi_tests(int argc, char** argv, const std::function<std::string()>& skip_reason = nullptr);

}  // namespace infer
