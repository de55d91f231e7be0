// On rank 0: which records are to be scored: all of the input, or those that failed in an earlier run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "reader/source.hpp"
#include "record/selection.hpp"
#include "start/earlier/input_cut.hpp"
#include "start/observer.hpp"
#include "writer/journal/output_start.hpp"

namespace infer {

struct ToScore {
  std::shared_ptr<Source> source;
  std::shared_ptr<const Selection> selected{};  ///< of a retry: the records of `source`; else null
  std::uint64_t input_digest = 0;               ///< of a retry: as in Checkpoint
  std::shared_ptr<const InputCut> cut{};        ///< of a retry, where the earlier output does not show it
  std::string nothing_left{};  ///< of a retry: why nothing is to be done, if the output was made of the same
};

/// Of the input, in a chunk; empty where this run is the first to cut it.
std::optional<std::uint64_t> known_chunk_bytes(const RunConfig& config, const FoundOutput& earlier);

/// Records of a chunk: what --chunk-bytes says, or else as many bytes as about `chunk_rows` records have, but
/// where an earlier run is taken up its own. May read all of the input. Throws UsageError.
ToScore choose_records(const RunConfig& config, const std::vector<InputFile>& files,
                       const FoundOutput& earlier, std::uint64_t chunk_rows, int ranks,
                       RunObserver& observer);

}  // namespace infer
