// Finished chunks of one rank between the pipeline and the gather, and the status it reports about them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "record/part.hpp"
#include "rounds/round.hpp"
#include "worker/rank_pipeline.hpp"

namespace infer {

/// Main thread only.
class Outbox {
 public:
  /// Takes over what this rank has finished, `predicted` of whose chunks are through the model; true when the
  /// status has news since the last call.
  bool collect(std::vector<FinishedChunk> chunks, std::vector<FinishedPart> parts, std::uint64_t predicted);

  /// News since the last call.
  Status take_status();

  /// Removes a chunk that a plan ships.
  FinishedChunk take(std::uint64_t id);

  /// The messages of `ids`, one after the other.
  Bytes take_messages(std::span<const std::uint64_t> ids);

 private:
  std::map<std::uint64_t, FinishedChunk> chunks_;
  Status status_;
};

}  // namespace infer
