// Lines on where rows go: whether they can be written, what stands there, and whether there is room.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "check/checklist.hpp"
#include "check/sample_score.hpp"
#include "config/config.hpp"
#include "writer/journal/output_start.hpp"

namespace infer {

/// On rank 0: "output" and "errors". Takes, makes and changes nothing; empty where the run would be refused.
std::optional<FoundOutput> check_outputs(const RunConfig& config, Checklist& list);

/// On rank 0: "disk". `input_bytes`: of what is left to be scored, at the rate of the `sample`.
void check_disk(const RunConfig& config, std::uint64_t input_bytes, const SampleScore& sample,
                Checklist& list);

}  // namespace infer
