// How all ranks come to cut the same input into the same chunks: rank 0 decides.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "reader/chunk_plan.hpp"

namespace infer {

/// This rank's view of the input files. Throws UsageError for one that cannot be read.
std::vector<InputFile> open_inputs(const RunConfig& config);

/// As a message for the other ranks, with what identifies rank 0's `files`.
std::string serialize_input(std::uint64_t chunk_bytes, std::span<const InputFile> files);

/// And back: the chunks' bytes. Throws UsageError when one of `files` is not the file that rank 0 sees.
std::uint64_t deserialize_input(const std::string& message, std::span<const InputFile> files);

}  // namespace infer
