// How a run whose ranks write the rows themselves divides its output into parts.
#pragma once

#include <cstdint>
#include <optional>

#include "comm/channel.hpp"
#include "config/config.hpp"
#include "reader/source.hpp"
#include "writer/output_form.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {

/// What every rank must know of it.
struct PartsSetup {
  PartNames names;
  std::uint64_t chunks = 1;       ///< of a part
  std::uint64_t most_orders = 1;  ///< parts that are begun and not all written, of all ranks together
};

/// Consecutive chunks of a part: what --part-bytes says, or else by the size of the input. The same for any
/// number of ranks.
std::uint64_t part_chunks(const OutputOptions& output, const Source& source);

/// So many may be begun and not all written that every rank has work while a slow one goes through its own.
std::uint64_t most_begun_parts(std::uint64_t chunks, std::uint64_t max_held, int ranks);

/// Of a stream, that rank 0 holds ahead, so that all ranks have a part to work on.
std::uint64_t stream_bytes_ahead(const OutputOptions& output, int ranks);

/// What the manifest of such a run begins with.
ManifestHead manifest_head(const RunConfig& config, const OutputForm& form, const RunRecord& run);

/// On rank 0. Reads what a finished folder says of itself.
PartNames choose_part_names(const OutputOptions& output);

/// Collective; empty where rank 0 brings nothing. Rank 0's, on every rank.
std::optional<PartsSetup> share_parts_setup(Channel& channel, const std::optional<PartsSetup>& from_root,
                                            Deadline deadline);

}  // namespace infer
