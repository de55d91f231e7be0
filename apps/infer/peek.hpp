// `infer peek` as a command: writes to standard output.
#pragma once

#include "base/error.hpp"
#include "peek/peek.hpp"

namespace infer {

/// Whole lines, or as wide as the terminal is where standard output is one.
ExitCode peek_at(PeekRequest request);

}  // namespace infer
