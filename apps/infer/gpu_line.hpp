// The summary's line about a run's GPUs.
#pragma once

#include <string>

#include "start/observer.hpp"

namespace infer {

/// "2 GPU(s) busy 91 % of the time, limited by the GPUs (91 % busy); ...". Needs at least one GPU and one
/// batch.
std::string gpu_line(const RunSummary& summary);

}  // namespace infer
