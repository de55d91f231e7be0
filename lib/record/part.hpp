// What ranks tell each other of parts: files of their own, each with the rows of consecutive chunks.
#pragma once

#include <cstdint>

#include "record/chunk.hpp"

namespace infer {

/// All chunks of a part are written: its rank may put in the numbers that only rank 0 knew, and finish it.
struct PartOrder {
  std::uint64_t part = 0;
  std::uint64_t chunks = 0;  ///< of it
  std::uint32_t file = 0;    ///< of the last chunk before it
  Counts before;             ///< of that file, and of the whole input, before the part
};

/// A part that is complete, on disk and under its own name.
struct FinishedPart {
  std::uint64_t part = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;  ///< of these

  bool operator==(const FinishedPart&) const = default;
};

}  // namespace infer
