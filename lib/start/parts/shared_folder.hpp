// Whether one folder is the same for all ranks: where each writes files of its own, they must meet there.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "comm/channel.hpp"

namespace infer {

/// Collective. Throws AgreedError naming a rank that does not see what rank 0 puts into `folder` for a
/// moment.
void agree_on_folder(Channel& channel, const std::string& folder, Deadline deadline);

}  // namespace infer
