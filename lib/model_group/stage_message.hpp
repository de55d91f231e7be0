// What the ranks of a group tell each other of a batch: on its way from stage to stage, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "record/predicted_chunk.hpp"

namespace infer {

/// What the next stages are asked to do.
enum class StageAsk : std::uint8_t {
  run,     ///< one forward
  digest,  ///< of all that forwards may change
  leave,   ///< nothing more comes in the start of the run
};

struct StageBatch {
  StageAsk ask = StageAsk::run;
  std::uint64_t ticket = 0;  ///< whom the answer is for: the first rank's own number
  std::uint64_t chunk = 0;   ///< as in ModelBatch
  std::uint64_t rows = 0;
  std::optional<std::uint64_t> seed{};
  std::uint64_t digest = 0;           ///< of the stages so far
  std::uint64_t busy_ns = 0;          ///< of the ranks so far, without the first
  std::vector<NamedTensor> values{};  ///< what is carried, in its order; half types as they are
};

/// Why there are no outputs.
enum class StageOutcome : std::uint8_t { done, refused, wrong_rows, out_of_memory };

struct StageAnswer {
  std::uint64_t ticket = 0;
  StageOutcome outcome = StageOutcome::done;
  std::string reason{};
  std::uint64_t digest = 0;
  std::uint64_t busy_ns = 0;
  std::vector<NamedTensor> outputs{};
};

// Both throw OutOfMemory for more than a message between ranks holds: a smaller batch may fit.
Bytes serialize(const StageBatch& batch);
Bytes serialize(const StageAnswer& answer);
/// Of a StageBatch.
StageAsk deserialize_ask(ByteView bytes);
StageBatch deserialize_stage_batch(ByteView bytes);
StageAnswer deserialize_stage_answer(ByteView bytes);

}  // namespace infer
