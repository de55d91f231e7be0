// Puts the numbers into a text that only the writer knows. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "record/encoded_chunk.hpp"

namespace infer {

/// Of the chunks before one.
struct Counts {
  std::uint64_t lines = 0;  ///< of its file
  std::uint64_t rows = 0;   ///< of the input
};

/// Physical lines from 1, rows from 0.
std::string stamped(const StampedText& source, const Counts& before);

}  // namespace infer
