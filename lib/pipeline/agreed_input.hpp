// What rank 0 decides about the input before it is cut into chunks, and how the other ranks come to the same
// chunks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/config.hpp"
#include "reader/chunk_plan.hpp"

namespace infer {

struct AgreedInput {
  std::uint64_t chunk_bytes = 0;
  std::vector<SelectedRecord> selected;  ///< --retry-errors: the records to score; else empty, for all
};

/// This rank's view of the input files. Throws UsageError for one that cannot be read.
std::vector<InputFile> open_inputs(const RunConfig& config);

/// As a message for the other ranks, with what identifies rank 0's `files`.
std::string serialize_input(const AgreedInput& input, std::span<const InputFile> files);

/// And back. Throws UsageError when one of `files` is not the file that rank 0 sees.
AgreedInput deserialize_input(const std::string& message, std::span<const InputFile> files);

}  // namespace infer
