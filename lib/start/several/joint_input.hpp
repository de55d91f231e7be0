// The outputs of one pass are made of the same chunks: how these are cut, and where the pass goes on, by what
// earlier runs left of each output. On rank 0.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/config.hpp"
#include "reader/source.hpp"
#include "start/earlier/run_start.hpp"
#include "writer/journal/output_start.hpp"

namespace infer {

/// An output, and what is there of it.
struct EarlierOutput {
  const RunConfig& config;
  const FoundOutput& found;
};

/// Of the input, in a chunk; empty where nothing was made of it yet. Throws UsageError where the outputs were
/// cut differently.
std::optional<std::uint64_t> joint_chunk_bytes(std::span<const EarlierOutput> outputs);

/// An output, and where it goes on.
struct StartedOutput {
  const RunConfig& config;
  const RunStart& start;
};

/// What the outputs have of the source, the least of it first: from there it goes on for all of them. Behind
/// the others is what complete ones have, if there is more to do than to compare it. Empty where nobody needs
/// to know. Throws UsageError where they cannot be of one input.
std::vector<Scored> joint_scored(std::span<const StartedOutput> outputs);

}  // namespace infer
