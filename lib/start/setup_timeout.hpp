// How long ranks wait for one another while they start.
#pragma once

#include "base/clock.hpp"

namespace infer {

constexpr Seconds kSetupTimeout{1800};  ///< loading a large model from a slow file system takes minutes

}  // namespace infer
