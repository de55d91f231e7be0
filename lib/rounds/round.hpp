// What ranks tell each other while the run is on: every rank its Status, rank 0 everybody's Plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "record/granted_chunk.hpp"
#include "record/part.hpp"
#include "worker/activity.hpp"

namespace infer {

/// A finished chunk that waits in its rank's outbox.
struct ReadyChunk {
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;
};

/// From every rank to rank 0, when something changed and once in a while as a sign of life.
struct Status {
  std::uint64_t predicted = 0;    ///< chunks through the model so far
  std::vector<ReadyChunk> ready;  ///< new in the outbox since the last status
  std::string error{};            ///< why this rank cannot go on; empty while all is well
  bool may_go_on = true;          ///< RunError::may_go_on() of the error
  std::string stop{};             ///< the signal that asked this rank to stop; empty while there was none
  std::optional<Activity> activity{};  ///< the step that has taken longest so far
  std::vector<FinishedPart> parts{};   ///< new since the last status, as `ready`
};

/// From rank 0 to one rank. All ranks get the same sequence of plans, so they take part in the same gathers.
struct Plan {
  std::vector<GrantedChunk> grants;         ///< to work on
  std::vector<std::uint64_t> ship;          ///< chunk ids of its outbox that go into this round's gather
  std::vector<std::uint64_t> gather_sizes;  ///< bytes of every rank in this round; empty: no gather
  bool stop = false;                        ///< the run is over; leave with `exit_code`
  std::int32_t exit_code = 0;
  std::vector<PartOrder> finish{};  ///< parts of its own
};

Bytes serialize(const Status& status);
Bytes serialize(const Plan& plan);
Status deserialize_status(ByteView bytes);
Plan deserialize_plan(ByteView bytes);

}  // namespace infer
