// How all ranks come to see the same input.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "reader/input_file.hpp"

namespace infer {

/// This rank's view of the input files. Throws UsageError for one that cannot be read.
std::vector<InputFile> open_inputs(const RunConfig& config);

/// As a message for the other ranks: what identifies rank 0's `files`.
std::string serialize_input(std::span<const InputFile> files);

/// Throws UsageError when one of `files` is not the file that rank 0 sees.
void check_input(const std::string& message, std::span<const InputFile> files);

}  // namespace infer
