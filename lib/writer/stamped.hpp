// Puts the numbers into a text that only the writer knows. Pure.
#pragma once

#include <string>

#include "record/encoded_chunk.hpp"

namespace infer {

/// Physical lines from 1, rows from 0.
std::string stamped(const StampedText& source, const Counts& before);

}  // namespace infer
