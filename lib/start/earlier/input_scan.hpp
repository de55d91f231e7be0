// Reads the input on one rank before the run, where an earlier run knew it as another file: is it the same
// after all, and if not, where are the records of that run now?
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "reader/chunk_plan.hpp"

namespace infer {

struct InputScan {
  std::uint64_t records = 0;
  std::uint64_t input_digest = 0;   ///< as in Checkpoint, of the chunks that were read
  std::uint64_t beyond_digest = 0;  ///< likewise
};

/// Reads the first `chunks` chunks of `plan`. `found` gets every record of them that
/// has one of the `wanted` numbers. Throws as ChunkReader does.
InputScan scan_input(const ChunkPlan& plan, std::uint64_t chunks, std::size_t max_record_bytes,
                     const Selection& wanted = {},
                     const std::function<void(const SelectedRecord&)>& found = nullptr);

/// How long a scan may take at most.
Seconds scan_time(const std::vector<InputFile>& files);

}  // namespace infer
