// Lines on where rows go: whether they can be written, what stands there, and whether there is room.
#pragma once

#include <cstdint>
#include <optional>

#include "check/checklist.hpp"
#include "config/config.hpp"
#include "writer/journal/output_start.hpp"

namespace infer {

/// On rank 0: "output" and "errors"; with --output-dir on all ranks "parts" before. Takes, makes and changes
/// nothing; empty where the run would be refused.
std::optional<FoundOutput> check_outputs(const RunConfig& config, Checklist& list);

/// On rank 0: "disk". `needed`: bytes of the rows to come.
void check_disk(const OutputOptions& output, std::uint64_t needed, Checklist& list);

}  // namespace infer
